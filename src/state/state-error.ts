import { configError, SpotError } from '../model/errors.ts';
import { reasonOf } from '../util/system-error.ts';

/** @param path of a file, or URL of a database without its password: `Database.path` */
export function nameOfState(path: string): string {
  return isDatabase(path) ? `the state in ${path}` : `the state file ${path}`;
}

/** The content cannot be trusted. @param path `Database.path` */
export function brokenState(path: string, reason: unknown): SpotError {
  const otherwise = isDatabase(path) ? 'begin with an empty database' : 'move it away';
  const message = `${nameOfState(path)} is broken (${reasonOf(reason)}); restore a copy of it, or ${otherwise} and add the instances again`;
  return configError('state-broken', message, causeOf(reason));
}

/**
 * The file or its folder cannot be read or written.
 * @param what e.g. `the state file .spot/state.db`
 * @param reason words, or the error that came back; one that is already a sentence of ours is passed on
 */
export function unusableState(what: string, reason: unknown): SpotError {
  if (reason instanceof SpotError) return reason;
  const message = `${what} cannot be used (${reasonOf(reason)}); check its permissions and the free space, or set state_dir to another folder`;
  return configError('state-unreadable', message, causeOf(reason));
}

/** Turns what the driver throws about the file into a sentence; every other error is a mistake of ours and stays. */
export function explainDriverError(path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code) || isPartMissing(code, error)) return brokenState(path, error);
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|IOERR|FULL)/.test(code)) return unusableState(`the state file ${path}`, error);
  if (code.startsWith('SQLITE_BUSY')) {
    const message = `the state file ${path} has been locked by another program for too long; try again when it has finished`;
    return configError('state-busy', message, error);
  }
  return error;
}

/** The file says that its schema is up to date, and it is not. */
function isPartMissing(code: string, error: unknown): boolean {
  return code === 'SQLITE_ERROR' && /^no such (table|column):/.test((error as Error).message);
}

/** `ENOENT`, `SQLITE_BUSY`, or empty where the error has no code. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isDatabase(path: string): boolean {
  return path.startsWith('postgres://');
}

function causeOf(reason: unknown): unknown {
  return reason instanceof Error ? reason : undefined;
}
