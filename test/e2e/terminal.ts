import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { withoutEscapes } from '../../src/report/text.ts';
import { shellCommand } from '../../src/util/shell-quote.ts';
import { leakMark, LEAK_MARK, noteClient } from '../helpers/leak-mark.ts';
import { findProgram } from '../helpers/require.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Project } from './project.ts';

const BIN = fileURLToPath(new URL('../../bin/spot.js', import.meta.url));

export const CTRL_C = '\u0003';
export const ENTER = '\r';
export const DOWN = '\u001B[B';
export const HIDE_CURSOR = '\u001B[?25l';
export const SHOW_CURSOR = '\u001B[?25h';

/** spot in a terminal of 100 × 30, with somebody in front of it. */
export interface Terminal {
  /** everything it has shown so far, with its escape sequences */
  shown(): string;
  /** waits until a text is shown, whatever its colours */
  saw(text: string): Promise<void>;
  type(keys: string): void;
  readonly exitCode: Promise<number | null>;
}

/** Ask `requireProgram('script')` first: it makes the terminal. Await its `exitCode` before the test ends. */
export function openTerminal(
  { cwd, home }: Project,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Terminal {
  const spot = shellCommand([process.execPath, BIN, ...args]);
  // the shell becomes spot, so its process id is that of the client
  const line = `stty cols 100 rows 30; echo "pid $$ begins"; exec ${spot}`;
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    [LEAK_MARK]: leakMark(),
    ...more,
  };
  const child = spawn(findProgram('script') as string, ['-qefc', line, '/dev/null'], { cwd, env });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const pid = /pid (\d+) begins/.exec(shown)?.[1];
    if (pid !== undefined) noteClient(Number(pid));
  });
  return {
    shown: () => shown,
    saw: async (text) => {
      await waitFor(
        `${JSON.stringify(text)} on the screen, which shows ${shown}`,
        () => withoutEscapes(shown).includes(text),
        20_000,
      );
    },
    type: (keys) => child.stdin.write(keys),
    exitCode: new Promise((resolve) => child.once('close', resolve)),
  };
}
