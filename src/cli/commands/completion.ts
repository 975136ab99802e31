import { ExitCode } from '../../model/exit-code.ts';
import { SCRIPTS, type Shell } from '../completion/scripts.ts';
import type { Io } from '../io.ts';

/** `spot completion`: the script that a shell loads. */
export async function completion(shell: Shell, io: Io): Promise<number> {
  io.stdout.write(SCRIPTS[shell]);
  return ExitCode.ok;
}
