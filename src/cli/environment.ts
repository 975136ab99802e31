import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { inputError, usageError } from '../model/errors.ts';
import { checkVariableName } from '../run/variable-name.ts';
import { Secret } from '../util/secret.ts';
import { reasonOf } from '../util/system-error.ts';
import type { Io } from './io.ts';

/**
 * The environment of the script: the files in order, then the single ones, a later one winning.
 * @param words `KEY=VALUE`, or `KEY` to take the value from the surroundings
 * @throws SpotError for a name that is none (exit 64), a missing file (exit 66)
 */
export async function readEnvironment(
  words: readonly string[],
  files: readonly string[],
  io: Pick<Io, 'env' | 'cwd'>,
): Promise<Map<string, Secret>> {
  const environment = new Map<string, Secret>();
  for (const file of files) {
    for (const [name, value] of await readEnvFile(file, io)) environment.set(name, new Secret(value));
  }
  for (const word of words) {
    const [name, value] = splitWord(word, io);
    environment.set(checkVariableName(name, '--env'), new Secret(value));
  }
  return environment;
}

function splitWord(word: string, { env }: Pick<Io, 'env'>): [name: string, value: string] {
  const at = word.indexOf('=');
  if (at !== -1) return [word.slice(0, at), word.slice(at + 1)];
  const value = env[word];
  if (value !== undefined) return [word, value];
  throw usageError('env-not-set', `--env ${word}: there is no such variable here; write --env ${word}=VALUE`);
}

/** Lines of `KEY=VALUE`; blank lines and `#` lines do not count; `export ` and quotes around a value are taken off. */
async function readEnvFile(file: string, { cwd }: Pick<Io, 'cwd'>): Promise<[string, string][]> {
  const text = await readFile(isAbsolute(file) ? file : join(cwd, file), 'utf8').catch((error: unknown) => {
    throw inputError('env-file', `--env-file ${file} cannot be read (${reasonOf(error)}); check the path`, error);
  });
  return text.split(/\r?\n/).flatMap((line, index): [string, string][] => {
    const trimmed = line.trim().replace(/^export\s+/, '');
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const at = trimmed.indexOf('=');
    if (at === -1) throw inputError('env-file', `${file}:${index + 1}: no KEY=VALUE; put a # in front of comments`);
    return [[checkVariableName(trimmed.slice(0, at), `${file}:${index + 1}`), unquote(trimmed.slice(at + 1))]];
  });
}

function unquote(value: string): string {
  const match = /^(["'])(.*)\1$/s.exec(value);
  return match?.[2] ?? value;
}
