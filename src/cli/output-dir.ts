import { copyFileSync, cpSync, mkdirSync, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { inputError } from '../model/errors.ts';
import type { Subscriber } from '../model/event.ts';
import { reasonOf } from '../util/system-error.ts';
import type { Io } from './io.ts';

/**
 * Puts a copy of every output, and of what was rescued, into a folder of the user's choice as soon as its attempt has ended.
 * @throws SpotError (exit 66) where the folder cannot be made
 */
export function copyOutputs(dir: string, io: Pick<Io, 'cwd' | 'stderr'>): Subscriber {
  const folder = makeOutputDir(dir, io);
  return (event) => {
    if (event.type !== 'attempt-finished') return;
    const { stdout, stderr, rescue } = event.result;
    for (const { path } of [stdout, stderr, ...(rescue === null ? [] : [rescue])]) {
      if (path === null) continue;
      try {
        copy(path, join(folder, basename(path)));
      } catch (error) {
        io.stderr.write(
          `spot: --output-dir: ${basename(path)} was not copied (${reasonOf(error)}); it is in ${path}\n`,
        );
      }
    }
  };
}

/** @returns its absolute path @throws SpotError `output-dir` (exit 66) */
export function makeOutputDir(dir: string, { cwd }: Pick<Io, 'cwd'>): string {
  const folder = isAbsolute(dir) ? dir : join(cwd, dir);
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch (error) {
    const message = `--output-dir ${dir} cannot be made (${reasonOf(error)}); choose another folder`;
    throw inputError('output-dir', message, error);
  }
}

function copy(from: string, to: string): void {
  if (statSync(from).isDirectory()) cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  else copyFileSync(from, to);
}
