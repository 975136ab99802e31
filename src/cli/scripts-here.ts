import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file that looks as if it were meant to be run. */
export interface ScriptHere {
  /** from the working directory, with `./` in front: always a path, never the name of a payload */
  readonly path: string;
  /** ms since the epoch */
  readonly changedAt: number;
  readonly sizeBytes: number;
}

/** Where scripts are looked for, from the working directory. */
const FOLDERS = ['.', 'scripts'] as const;

/** A folder with more entries than this is no folder of scripts; its first ones will do. */
const MAX_LOOKED_AT = 500;

/** Enough to tell a script from a program. */
const HEAD_BYTES = 256;

/**
 * The scripts in the working directory and in `./scripts`, newest first: `.sh`, `.py`, a first line that names an
 * interpreter, or text that may be executed. What cannot be read is passed over.
 */
export function scriptsHere(cwd: string): ScriptHere[] {
  return FOLDERS.flatMap((folder) => scriptsIn(cwd, folder)).sort((a, b) => b.changedAt - a.changedAt);
}

function scriptsIn(cwd: string, folder: string): ScriptHere[] {
  const prefix = folder === '.' ? './' : `./${folder}/`;
  return namesIn(join(cwd, folder)).flatMap((name) => {
    try {
      const file = join(cwd, folder, name);
      const { mtimeMs, size, mode } = statSync(file);
      const isFile = (mode & 0o170_000) === 0o100_000;
      if (!isFile || size === 0 || !isScript(name, (mode & 0o111) !== 0, file)) return [];
      return [{ path: prefix + name, changedAt: mtimeMs, sizeBytes: size }];
    } catch {
      return [];
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const files = entries.filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory());
    return files.slice(0, MAX_LOOKED_AT).map(({ name }) => name);
  } catch {
    return [];
  }
}

function isScript(name: string, isExecutable: boolean, file: string): boolean {
  const head = headOf(file);
  if (head.includes(0)) return false;
  return /\.(sh|py)$/.test(name) || isExecutable || head.toString('latin1', 0, 2) === '#!';
}

function headOf(file: string): Buffer {
  const fd = openSync(file, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}
