import { search } from '@inquirer/prompts';
import type { Io } from '../io.ts';
import { given, put } from './put.ts';

/** A line of a list of which one is taken; names are harmless. */
export interface OneChoice {
  readonly value: string;
  readonly name: string;
  /** shown when it is taken */
  readonly short: string;
}

const PAGE = 12;

/**
 * Lets a person take one of a list, by arrows or by typing a part of it.
 * @throws SpotError `declined` (exit 130) where there is no answer
 */
export async function pickOne(io: Io, message: string, choices: readonly OneChoice[]): Promise<string> {
  const source = (term = ''): OneChoice[] => {
    const wanted = term.trim().toLowerCase();
    return choices.filter(({ name }) => name.toLowerCase().includes(wanted));
  };
  return given(await put(io, (streams) => search({ message, source, pageSize: PAGE }, streams)));
}
