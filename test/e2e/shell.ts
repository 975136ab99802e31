import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { withoutEscapes } from '../../src/report/text.ts';
import { shellCommand } from '../../src/util/shell-quote.ts';
import { leakMark, LEAK_MARK, noteClient } from '../helpers/leak-mark.ts';
import { findProgram } from '../helpers/require.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Project } from './project.ts';
import { ENTER, HIDE_CURSOR, SHOW_CURSOR } from './terminal.ts';

const BIN = fileURLToPath(new URL('../../bin/spot.js', import.meta.url));
const PATIENCE_MS = 20_000;

/** An interactive bash with job control in a terminal of 100 × 30, with spot as a job of it. */
export interface Shell {
  /** everything it has shown so far, with its escape sequences */
  shown(): string;
  /** waits until a text is shown that was not there when this was last waited for */
  saw(text: string): Promise<void>;
  type(keys: string): void;
  /** of the spot begun last */
  pid(): number;
  /** the terminal, as `stty -F` takes it */
  device(): string;
  /** starts spot in the foreground; the modes of the terminal before and after go into the files `before` and `after` */
  spot(args: readonly string[]): void;
  /** whether the terminal is now as it was, cursor and all */
  isAsBefore(): Promise<boolean>;
  readonly exitCode: Promise<number | null>;
}

/** Ask `requireProgram('script')` first: it makes the terminal. End it with `exit`, and await its `exitCode`. */
export function openShell(project: Project, more: Readonly<Record<string, string>> = {}): Shell {
  const env = {
    PATH: process.env['PATH'],
    HOME: project.home,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    PS1: '$ ',
    // bash would ask the terminal to mark what is pasted
    INPUTRC: project.write('inputrc', 'set enable-bracketed-paste off\n'),
    [LEAK_MARK]: leakMark(),
    ...more,
  };
  const line = 'stty cols 100 rows 30; tty; exec bash --norc --noprofile -i';
  const child = spawn(findProgram('script') as string, ['-qefc', line, '/dev/null'], { cwd: project.cwd, env });
  let shown = '';
  let looked = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    for (const [, pid] of shown.matchAll(/pid (\d+) begins/g)) noteClient(Number(pid));
  });
  const type = (keys: string): void => void child.stdin.write(keys);
  const saw = async (text: string): Promise<void> => {
    const since = (): string => withoutEscapes(shown.slice(looked));
    const what = (): string => `${JSON.stringify(text)} on the screen, which shows ${since()}`;
    await waitFor(text, () => since().includes(text), PATIENCE_MS).catch(() => {
      throw new Error(`waited for ${what()}`);
    });
    looked = shown.length;
  };
  return {
    shown: () => shown,
    saw,
    type,
    pid: () => Number([...shown.matchAll(/pid (\d+) begins/g)].at(-1)?.[1]),
    device: () => /\/dev\/pts\/\d+/.exec(shown)?.[0] ?? '',
    spot: (args) => {
      const job = shellCommand(['sh', '-c', 'echo "pid $$ begins"; exec "$0" "$@"', process.execPath, BIN, ...args]);
      type(`stty -g >before; ${job}; echo "ended: $?"${ENTER}`);
    },
    isAsBefore: async () => {
      type(`stty -g >after; echo writ"ten"${ENTER}`);
      await saw('written');
      return project.read('after') === project.read('before') && isCursorShown(shown);
    },
    exitCode: new Promise((resolve) => child.once('close', resolve)),
  };
}

function isCursorShown(shown: string): boolean {
  return shown.lastIndexOf(SHOW_CURSOR) > shown.lastIndexOf(HIDE_CURSOR);
}
