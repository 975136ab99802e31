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
  const { isYes, nothingDone } = await import('./prompts/prompts.ts');
  if (!(await isYes(io, question, byDefault))) throw nothingDone();
}

/**
 * Asks for one of several letters until one of them is pressed.
 * @param signal aborted to take the question back
 * @returns null where input ends, at Ctrl-C, or where the question is taken back
 */
export async function choose<T extends string>(
  io: Io,
  question: string,
  letters: readonly T[],
  signal: AbortSignal,
): Promise<T | null> {
  const { askOneKey } = await import('./prompts/prompts.ts');
  const answer = await askOneKey(io, { question, letters }, signal);
  return answer.kind === 'given' ? (answer.value as T) : null;
}

/**
 * Asks for something that is not shown.
 * @returns null where input ends
 * @throws SpotError (exit 130) at Ctrl-C
 */
export async function askHidden(io: Io, question: string): Promise<string | null> {
  const { askForHidden, given } = await import('./prompts/prompts.ts');
  const answer = await askForHidden(io, question);
  if (answer.kind === 'ended') return null;
  return given(answer);
}
