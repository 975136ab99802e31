import { input } from '@inquirer/prompts';
import { harmless } from '../../report/text.ts';
import type { Io } from '../io.ts';
import { given, put } from './put.ts';

const YES = /^y(es)?$/i;
const NO = /^no?$/i;

/**
 * Asks a yes-or-no question; Enter means `byDefault`.
 * @throws SpotError `declined` (exit 130) where there is no answer
 */
export async function isYes(io: Io, question: string, byDefault: boolean): Promise<boolean> {
  const message = `${harmless(question)} ${byDefault ? '[Y/n]' : '[y/N]'}`;
  const validate = (text: string): true | string => isAnswer(text) || 'answer y or n';
  const text = given(await put(io, (streams) => input({ message, validate, transformer }, streams))).trim();
  return text === '' ? byDefault : YES.test(text);

  function transformer(typed: string, { isFinal }: { readonly isFinal: boolean }): string {
    return isFinal && typed.trim() === '' ? (byDefault ? 'yes' : 'no') : typed;
  }
}

function isAnswer(text: string): boolean {
  const word = text.trim();
  return word === '' || YES.test(word) || NO.test(word);
}
