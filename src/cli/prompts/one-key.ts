import { createPrompt, isEnterKey, useKeypress, useState } from '@inquirer/core';
import { harmless } from '../../report/text.ts';
import type { Io } from '../io.ts';
import { type Answer, put } from './put.ts';

export interface OneKeyQuestion {
  readonly question: string;
  /** lower case */
  readonly letters: readonly string[];
  /** what Enter alone means; without it nothing */
  readonly enter?: string;
  /** nothing of it stays on the screen */
  readonly isErased?: boolean;
}

/** A question that one key answers; any other key is passed over, and so is the Enter behind it. */
const prompt = createPrompt<string, OneKeyQuestion>(({ question, letters, enter }, done) => {
  const [letter, setLetter] = useState<string | null>(null);
  useKeypress((key) => {
    if (letter !== null) return;
    const meant = isEnterKey(key) ? enter : letters.find((each) => !key.ctrl && each === key.name.toLowerCase());
    if (meant === undefined) return;
    setLetter(meant);
    done(meant);
  });
  return letter === null ? question : `${question}${letter}`;
});

/** Asks for one of several letters until one of them is pressed. */
export function askOneKey(io: Io, question: OneKeyQuestion, takenBack?: AbortSignal): Promise<Answer<string>> {
  const shown = { ...question, question: harmless(question.question) };
  const clearPromptOnDone = question.isErased === true;
  return put(io, (streams) => prompt(shown, { ...streams, clearPromptOnDone }), takenBack);
}
