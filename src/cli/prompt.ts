import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.ts';

/** Whether a person sits at the other end. */
export function canAsk(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true && !io.env['CI'];
}

/** Asks a yes-or-no question; Enter means `byDefault`, the end of input means no. */
export async function confirm(io: Io, question: string, byDefault: boolean): Promise<boolean> {
  const answer = await ask(io, `${question} ${byDefault ? '[Y/n]' : '[y/N]'} `, true);
  if (answer === null) return false;
  return answer.trim() === '' ? byDefault : /^y(es)?$/i.test(answer.trim());
}

/** Asks for something that is not shown. @returns null where input ends */
export async function askHidden(io: Io, question: string): Promise<string | null> {
  const answer = await ask(io, question, false);
  io.stderr.write('\n');
  return answer;
}

function ask(io: Io, question: string, echo: boolean): Promise<string | null> {
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (echo) io.stderr.write(chunk.toString('utf8'));
      done();
    },
  });
  const reader = createInterface({ input: io.stdin, output, terminal: true });
  if (!echo) io.stderr.write(question);
  return new Promise((resolve) => {
    let answer: string | null = null;
    reader.once('SIGINT', () => reader.close());
    reader.once('close', () => resolve(answer));
    reader.question(echo ? question : '', (text) => {
      answer = text;
      reader.close();
    });
  });
}
