import { spawnSync } from 'node:child_process';
import { LEAK_MARK, leakMark } from '../../helpers/leak-mark.ts';

export const NONCE = 'nonce';

/** Where a program of `spot fetch` runs. */
export interface Host {
  readonly home: string;
  readonly searchPath: string;
}

/** What a program on stdin says, behind the greeting of a login shell. */
export function say(command: string, program: string, { home, searchPath }: Host): Buffer {
  const env = { PATH: searchPath, HOME: home, [LEAK_MARK]: leakMark() };
  return spawnSync('sh', ['-c', `echo welcome; ${command}`], { env, cwd: home, input: program, maxBuffer: 1 << 28 })
    .stdout;
}
