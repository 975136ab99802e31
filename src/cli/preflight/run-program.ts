import { spawn } from 'node:child_process';
import type { RunProgram } from '../../payload/checks/program.ts';
import type { Io } from '../io.ts';

/** Of each output; the rest is not read, characters. */
const KEPT_CHARACTERS = 1024 * 1024;

/** Runs programs of this machine; nothing of the user's settings reaches them, so that none of them runs anything of them. */
export function programsOf({ env, home }: Pick<Io, 'env' | 'home'>): RunProgram {
  const clean = { PATH: env['PATH'] ?? '', HOME: home, LC_ALL: 'C' };
  return ([program = '', ...args], { timeoutMs, input }) =>
    new Promise((resolve) => {
      const child = spawn(program, args, { env: clean, stdio: 'pipe' });
      let [stdout, stderr, isLate] = ['', '', false];
      const timer = setTimeout(() => {
        isLate = true;
        child.kill('SIGKILL');
      }, timeoutMs);
      const end = (result: Awaited<ReturnType<RunProgram>>): void => {
        clearTimeout(timer);
        resolve(isLate ? 'too-slow' : result);
      };
      child.on('error', () => end('missing'));
      child.on('close', (code) => end({ code, stdout, stderr }));
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = kept(stdout + text)));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = kept(stderr + text)));
      // it may have ended without reading all of it
      child.stdin.on('error', () => undefined).end(input ?? '');
    });
}

function kept(text: string): string {
  return text.slice(0, KEPT_CHARACTERS);
}
