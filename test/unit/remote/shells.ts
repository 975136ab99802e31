import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll } from 'vitest';
import { findProgram, type Program, requireProgram } from '../../helpers/require.ts';

/** What an instance may have: the program behind `sh`, and the others in its PATH. */
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
const SHELLS: readonly Shell[] = [
  { name: 'dash', program: 'dash', busyboxTools: false, setsid: true },
  { name: 'bash', program: 'bash', busyboxTools: false, setsid: true },
  { name: 'busybox', program: 'busybox', busyboxTools: true, setsid: true },
  { name: 'dash over busybox, without setsid', program: 'dash', busyboxTools: true, setsid: false },
];

/** The shells of this machine, for the tests of one file. */
export interface Shells {
  /** none on anything but Linux: use it with `describe.skipIf` */
  readonly areMissing: boolean;
  /** Does the same on every shell at once; the results by its name. */
  onEach<T>(work: (surroundings: { searchPath: string }, shell: Shell) => Promise<T>): Promise<Record<string, T>>;
  /** The same value for each, to be compared with that. */
  each<T>(value: T | ((shell: Shell) => T)): Record<string, T>;
}

/** Makes a PATH for every shell that is there; the global setup says aloud which are not. Call it at the top of a file. */
export function useShells(): Shells {
  const there = SHELLS.filter(isThere);
  const paths = new Map<Shell, string>();
  beforeAll(() => {
    for (const shell of there) paths.set(shell, makeBin(shell));
  });
  afterAll(() => {
    for (const bin of paths.values()) rmSync(bin, { recursive: true });
  });
  const searchPath = (shell: Shell): string => {
    const bin = paths.get(shell) as string;
    return shell.busyboxTools ? bin : `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
  };
  return {
    areMissing: there.length === 0,
    onEach: async <T>(work: (surroundings: { searchPath: string }, shell: Shell) => Promise<T>) => {
      const done = there.map(async (shell): Promise<[string, T]> => [
        shell.name,
        await work({ searchPath: searchPath(shell) }, shell),
      ]);
      return Object.fromEntries(await Promise.all(done));
    },
    each: (value) =>
      Object.fromEntries(
        there.map((shell) => [
          shell.name,
          typeof value === 'function' ? (value as (of: Shell) => never)(shell) : value,
        ]),
      ),
  };
}

function isThere({ program, busyboxTools }: Shell): boolean {
  if (process.platform !== 'linux') return false;
  return requireProgram(program) !== null && (!busyboxTools || requireProgram('busybox') !== null);
}

function makeBin(shell: Shell): string {
  const bin = mkdtempSync(join(tmpdir(), 'spot-bin-'));
  // another user may be asked to run what is in it
  chmodSync(bin, 0o755);
  if (shell.busyboxTools) execFileSync(findProgram('busybox') as string, ['--install', '-s', bin]);
  if (!shell.setsid) rmSync(join(bin, 'setsid'));
  rmSync(join(bin, 'sh'), { force: true });
  symlinkSync(findProgram(shell.program) as string, join(bin, 'sh'));
  return bin;
}

/** Makes a PATH that holds these programs of the machine and nothing else. */
export function searchPathWith(folder: string, names: readonly string[]): string {
  mkdirSync(folder);
  for (const name of names) symlinkSync(pathInSearchPath(name) as string, join(folder, name));
  return folder;
}

/** @returns the absolute path of any program, or null */
export function pathInSearchPath(name: string): string | null {
  try {
    return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
