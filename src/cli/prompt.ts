import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { SpotError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { Io } from './io.ts';

/** Whether a person sits at the other end. */
export function canAsk(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true && !io.env['CI'];
}

/**
 * Asks a yes-or-no question; Enter means `byDefault`, Ctrl-C and the end of input mean no.
 * @throws SpotError (exit 130) for a no: what was asked for is not done, which must not look like success
 */
export async function requireYes(io: Io, question: string, byDefault: boolean): Promise<void> {
  const { text } = await ask(io, `${question} ${byDefault ? '[Y/n]' : '[y/N]'} `, true);
  const isYes = text !== null && (text.trim() === '' ? byDefault : /^y(es)?$/i.test(text.trim()));
  if (!isYes) throw nothingDone();
}

/**
 * Asks for one of several letters until one of them is given.
 * @param signal aborted to take the question back
 * @returns null where input ends, at Ctrl-C, or where the question is taken back
 */
export async function choose<T extends string>(
  io: Io,
  question: string,
  letters: readonly T[],
  signal: AbortSignal,
): Promise<T | null> {
  for (;;) {
    const { text } = await ask(io, question, true, signal);
    if (text === null) return null;
    const letter = letters.find((each) => each === text.trim().toLowerCase().slice(0, 1));
    if (letter !== undefined) return letter;
  }
}

/**
 * Asks for something that is not shown.
 * @returns null where input ends
 * @throws SpotError (exit 130) at Ctrl-C
 */
export async function askHidden(io: Io, question: string): Promise<string | null> {
  const { text, isInterrupted } = await ask(io, question, false);
  if (isInterrupted) throw nothingDone();
  return text;
}

function nothingDone(): SpotError {
  return new SpotError('declined', 'nothing was done', { exitCode: ExitCode.interrupted });
}

interface Answer {
  /** null where there is none */
  readonly text: string | null;
  /** by Ctrl-C */
  readonly isInterrupted: boolean;
}

function ask(io: Io, question: string, echo: boolean, signal?: AbortSignal): Promise<Answer> {
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (echo) io.stderr.write(chunk.toString('utf8'));
      done();
    },
  });
  const reader = createInterface({ input: io.stdin, output, terminal: true });
  if (!echo) io.stderr.write(question);
  return new Promise((resolve) => {
    let answer: Answer = { text: null, isInterrupted: false };
    const end = (last: Answer): void => {
      answer = last;
      reader.close();
    };
    const takeBack = (): void => end({ text: null, isInterrupted: false });
    signal?.addEventListener('abort', takeBack, { once: true });
    reader.once('SIGINT', () => end({ text: null, isInterrupted: true }));
    reader.once('close', () => {
      // the line is not ended by an answer that is not shown, or that never came
      if (!echo || answer.text === null) io.stderr.write('\n');
      signal?.removeEventListener('abort', takeBack);
      resolve(answer);
    });
    reader.question(echo ? question : '', (text) => end({ text, isInterrupted: false }));
  });
}
