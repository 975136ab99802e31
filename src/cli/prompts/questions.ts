import { checkbox, input, select } from '@inquirer/prompts';
import type { Io } from '../io.ts';
import { given, put } from './put.ts';

/** An answer to choose, harmless. */
export interface Option<T> {
  readonly value: T;
  readonly name: string;
}

const PAGE = 10;

/**
 * Asks for one of a few answers; the first one is suggested.
 * @throws SpotError `declined` (exit 130) where there is no answer
 */
export async function askOneOf<T>(io: Io, message: string, options: readonly Option<T>[]): Promise<T> {
  const choices = options.map(({ value, name }) => ({ value, name }));
  return given(await put(io, (streams) => select<T>({ message, choices, pageSize: PAGE, loop: false }, streams)));
}

/**
 * Asks for any number of answers, none of which is suggested.
 * @throws SpotError `declined` (exit 130) where there is no answer
 */
export async function askSome<T>(io: Io, message: string, options: readonly Option<T>[]): Promise<readonly T[]> {
  const choices = options.map(({ value, name }) => ({ value, name }));
  return given(await put(io, (streams) => checkbox<T>({ message, choices, pageSize: PAGE, loop: false }, streams)));
}

/**
 * Asks for a line of text.
 * @param complaint why a text will not do, or null
 * @throws SpotError `declined` (exit 130) where there is no answer
 */
export async function askText(
  io: Io,
  message: string,
  suggested: string,
  complaint: (text: string) => Promise<string | null> | string | null,
): Promise<string> {
  const validate = async (text: string): Promise<true | string> => (await complaint(text.trim())) ?? true;
  const text = given(await put(io, (streams) => input({ message, default: suggested, validate }, streams)));
  return text.trim();
}
