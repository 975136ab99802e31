import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import process from 'node:process';
import { shellCommand } from '../../src/util/shell-quote.ts';
import { leakMark, LEAK_MARK } from '../helpers/leak-mark.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { ROOT } from './markdown.ts';
import type { Project } from './project.ts';

/** The environment of somebody who has `spot` in the PATH. */
export function withSpot({ home }: Project): NodeJS.ProcessEnv {
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  const spot = shellCommand([process.execPath, join(ROOT, 'bin/spot.js')]);
  writeFileSync(join(bin, 'spot'), `#!/bin/sh\nexec ${spot} "$@"\n`, { mode: 0o755 });
  return { PATH: `${bin}:${process.env['PATH']}`, HOME: home, LANG: 'C.UTF-8', TERM: 'xterm', [LEAK_MARK]: leakMark() };
}

export interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/** Runs a script with a shell in the project's folder. @param shell absolute path */
export async function runShell(
  project: Project,
  shell: string,
  script: string,
  more: readonly string[] = [],
): Promise<ShellResult> {
  const child = spawn(shell, [...more, '-c', script], {
    cwd: project.cwd,
    env: withSpot(project),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout, stderr, exitCode };
}

/** Types into an interactive shell, and waits for what it shows. @param commandLine of the shell */
export async function typeInto(
  project: Project,
  commandLine: string,
  steps: readonly { readonly keys: string; readonly shows: string }[],
): Promise<void> {
  const child = spawn('script', ['-qefc', `stty cols 200 rows 40; exec ${commandLine}`, '/dev/null'], {
    cwd: project.cwd,
    // a history is written after the shell has ended
    env: { ...withSpot(project), HISTFILE: '' },
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (shown += chunk));
  const closed = new Promise((resolve) => child.once('close', resolve));
  try {
    for (const { keys, shows } of steps) {
      const before = shown.length;
      child.stdin.write(keys);
      await waitFor(
        `${JSON.stringify(shows)} in ${JSON.stringify(shown.slice(before))}`,
        () => shown.slice(before).includes(shows),
        20_000,
      );
    }
  } finally {
    child.stdin.write('\u0003\u0015exit\r');
    const hangUp = setTimeout(() => child.kill('SIGKILL'), 5000);
    await closed;
    clearTimeout(hangUp);
  }
}
