import { ExitCode } from '../model/exit-code.ts';
import type { Io } from './io.ts';

const WARNING = /^spot: (?:warning|note): /;

/**
 * With `--quiet` a command that does what was asked says nothing, so its warnings wait until it is known whether it does:
 * then they are dropped, or said behind what went wrong, which they may explain.
 */
export async function quietly(
  { quiet }: { readonly quiet?: boolean },
  io: Io,
  work: (io: Io) => Promise<number>,
): Promise<number> {
  if (!quiet) return work(io);
  const held: (string | Uint8Array)[] = [];
  let exitCode: number = ExitCode.internal;
  try {
    exitCode = await work(withHeldWarnings(io, held));
  } finally {
    if (exitCode !== ExitCode.ok) for (const warning of held) io.stderr.write(warning);
  }
  return exitCode;
}

/** Everything else is asked of the surroundings as they are at that moment. */
function withHeldWarnings(io: Io, held: (string | Uint8Array)[]): Io {
  const write = (text: string | Uint8Array): void => {
    if (typeof text === 'string' && WARNING.test(text)) held.push(text);
    else io.stderr.write(text);
  };
  const stderr = Object.create(io.stderr, { write: { value: write } }) as Io['stderr'];
  return Object.create(io, { stderr: { value: stderr } }) as Io;
}
