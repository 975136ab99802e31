import { createPrompt, isEnterKey, useKeypress, useRef } from '@inquirer/core';
import { harmless } from '../../report/text.ts';
import type { Io } from '../io.ts';
import { type Answer, put } from './put.ts';

/** Drawn once: what is typed leaves no trace, not even its length. */
const prompt = createPrompt<string, { readonly question: string }>(({ question }, done) => {
  const typed = useRef('');
  useKeypress((key, { line }) => {
    if (isEnterKey(key)) done(typed.current);
    else typed.current = line;
  });
  return question;
});

/** Asks for something that is not shown. */
export function askForHidden(io: Io, question: string): Promise<Answer<string>> {
  return put(io, (streams) => prompt({ question: harmless(question) }, streams));
}
