import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll } from 'vitest';
import { findProgram, type Program, requireProgram } from '../../helpers/require.ts';

/** What an instance has: the program behind `sh`, and the others in its PATH. */
export interface Shell {
  readonly name: string;
  readonly program: Program;
  /** everything but `sh` is busybox's */
  readonly busyboxTools: boolean;
  readonly setsid: boolean;
}

/**
 * Debian's busybox shell runs its own programs whatever the PATH says, so that setsid cannot be taken away from it: dash
 * does without, over busybox's programs.
 */
export const SHELLS: readonly Shell[] = [
  { name: 'dash', program: 'dash', busyboxTools: false, setsid: true },
  { name: 'bash as sh', program: 'bash', busyboxTools: false, setsid: true },
  { name: 'busybox', program: 'busybox', busyboxTools: true, setsid: true },
  { name: 'dash over busybox, without setsid', program: 'dash', busyboxTools: true, setsid: false },
];

/** Where the machine lacks one of its programs, its tests are skipped; the global setup says so aloud. */
export function isThere({ program, busyboxTools }: Shell): boolean {
  return requireProgram(program) !== null && (!busyboxTools || requireProgram('busybox') !== null);
}

/**
 * Makes a PATH with the programs of a shell for all tests of a `describe`.
 * @returns a function that gives it once the tests run
 */
export function searchPathOf(shell: Shell): () => string {
  let bin = '';
  beforeAll(() => {
    if (isThere(shell)) bin = makeBin(shell);
  });
  afterAll(() => {
    if (bin !== '') rmSync(bin, { recursive: true });
  });
  return () => (shell.busyboxTools ? bin : `${bin}${delimiter}${process.env['PATH'] ?? ''}`);
}

function makeBin(shell: Shell): string {
  const bin = mkdtempSync(join(tmpdir(), 'spot-bin-'));
  if (shell.busyboxTools) execFileSync(findProgram('busybox') as string, ['--install', '-s', bin]);
  if (!shell.setsid) rmSync(join(bin, 'setsid'));
  rmSync(join(bin, 'sh'), { force: true });
  symlinkSync(findProgram(shell.program) as string, join(bin, 'sh'));
  return bin;
}

/** A PATH that holds these programs of the machine and nothing else. */
export function searchPathWith(folder: string, names: readonly string[]): string {
  mkdirSync(folder);
  for (const name of names) symlinkSync(findInPath(name), join(folder, name));
  return folder;
}

function findInPath(name: string): string {
  return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim();
}
