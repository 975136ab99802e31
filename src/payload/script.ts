import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { inputError } from '../model/errors.ts';
import { shellQuote } from '../util/shell-quote.ts';
import { reasonOf } from '../util/system-error.ts';
import { kindOf } from './file-kind.ts';
import { parseInterpreter } from './interpreter.ts';
import { scriptFlaws } from './script-warnings.ts';

/** The user's entry file. */
export interface Script {
  /** as it was given */
  readonly path: string;
  /** the last part of `path` */
  readonly name: string;
  /** exactly what the file holds */
  readonly bytes: Buffer;
  /** argv, e.g. `['bash']`, `['/usr/bin/env', 'python3']` */
  readonly interpreter: readonly string[];
  /** one sentence each: what will probably go wrong, and how to mend it */
  readonly warnings: readonly string[];
}

export interface ScriptOptions {
  readonly maxBytes: number;
  /** argv; by default the script's first line decides */
  readonly interpreter?: readonly string[] | undefined;
}

/**
 * Reads a script and finds its interpreter.
 * @throws SpotError (exit 66) `script-missing`, `script-unreadable`, `script-is-folder`, `script-is-special`,
 *   `script-empty`, `script-too-large`, `script-not-text`
 */
export async function readScript(path: string, options: ScriptOptions): Promise<Script> {
  if (path === '') throw inputError('script-missing', 'the path of the script is empty; name the file to run');
  const stats = await readOrRefuse(path, () => stat(path));
  refuseSpecial(path, stats);
  refuseTooLarge(path, stats.size, options.maxBytes);
  return scriptOf(path, await readOrRefuse(path, () => readFile(path)), options.interpreter);
}

/**
 * A script whose content is known.
 * @param interpreter argv; by default the first line decides
 * @throws SpotError (exit 66) `script-empty`, `script-not-text`
 */
export function scriptOf(path: string, bytes: Buffer, interpreter?: readonly string[]): Script {
  refuseContent(path, bytes);
  const text = bytes.toString('utf8');
  const argv = interpreter ?? parseInterpreter(text);
  const warnings = scriptFlaws(path, text, argv).map(({ message }) => `${path} ${message}`);
  return { path, name: basename(path), bytes, interpreter: argv, warnings };
}

async function readOrRefuse<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw readFailure(path, error);
  }
}

function readFailure(path: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return inputError('script-missing', `there is no script at ${path}; check the path`, error);
  }
  if (code === 'EACCES') {
    const message = `the script ${path} cannot be read: permission denied; allow it with: chmod u+r ${shellQuote(path)}`;
    return inputError('script-unreadable', message, error);
  }
  const message = `the script ${path} cannot be read: ${reasonOf(error)}; check the path and its file system`;
  return inputError('script-unreadable', message, error);
}

/** Before it is opened: opening a named pipe would wait for a writer. */
function refuseSpecial(path: string, stats: Stats): void {
  if (stats.isDirectory()) {
    const message = `the script ${path} is a folder; name the file to run, and send a folder along with --files`;
    throw inputError('script-is-folder', message);
  }
  if (!stats.isFile()) {
    const message = `the script ${path} is ${kindOf(stats)}, not a regular file; save it to a file first`;
    throw inputError('script-is-special', message);
  }
}

/** Before it is read: a disk image given by mistake must not fill the memory. */
function refuseTooLarge(path: string, sizeBytes: number, maxBytes: number): void {
  if (sizeBytes <= maxBytes) return;
  const message =
    `the script ${path} has ${sizeBytes} bytes, more than the ${maxBytes} allowed; ` +
    'move its data into the files folder, or raise limits.script_max_size';
  throw inputError('script-too-large', message);
}

function refuseContent(path: string, bytes: Buffer): void {
  if (isBlankText(bytes)) {
    throw inputError('script-empty', `the script ${path} is empty; write the commands to run into it`);
  }
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    const message =
      `the script ${path} is not text (byte ${nul + 1} is NUL); ` +
      'put programs into the files folder and start them from a script';
    throw inputError('script-not-text', message);
  }
}

/** Whether there is nothing to run in it. */
export function isBlankText(bytes: Buffer): boolean {
  return bytes.every(isBlank);
}

/** Tab, line feed, carriage return, space. */
function isBlank(byte: number): boolean {
  return byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x20;
}
