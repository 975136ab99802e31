import { linkSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configError, usageError } from '../../model/errors.ts';
import { reasonOf } from '../../util/system-error.ts';

/** Nothing in it is a secret. */
const MODE = 0o644;

export interface WriteOrder {
  /** absolute */
  readonly path: string;
  /** as messages name it */
  readonly label: string;
  /** in place of one that is there, whose mode it gets */
  readonly replaces: boolean;
  readonly pid: number;
}

/**
 * Writes a config file, all of it or nothing, and makes its folder.
 * @throws SpotError `config-exists` (exit 64), `config-unwritable` (exit 78)
 */
export function writeConfig(text: string, { path, label, replaces, pid }: WriteOrder): void {
  const draft = join(dirname(path), `.${pid}.config.yaml`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const mode = replaces ? (statSync(path, { throwIfNoEntry: false })?.mode ?? MODE) & 0o777 : MODE;
    writeFileSync(draft, text, { mode, flag: 'wx' });
    if (replaces) renameSync(draft, path);
    else linkSync(draft, path);
  } catch (error) {
    if (!replaces && (error as NodeJS.ErrnoException).code === 'EEXIST') throw configExists(label, error);
    throw configError('config-unwritable', `${label} cannot be written (${reasonOf(error)}); check its folder`, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

export function configExists(label: string, cause?: unknown): Error {
  return usageError('config-exists', `${label} is there already; write it anew with: spot init --force`, cause);
}
