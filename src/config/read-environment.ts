import { nearest } from '../util/nearest.ts';
import { KEY_PATHS, leafOf } from './schema.ts';
import type { KeyPath } from './schema.ts';
import type { Entry } from './setting.ts';

const PREFIX = 'SPOT_';

const KEY_OF_VARIABLE: ReadonlyMap<string, KeyPath> = new Map(KEY_PATHS.map((key) => [variableOf(key), key]));

/**
 * Reads one variable a key: `SPOT_LIMITS_CONCURRENCY` for `limits.concurrency`; an empty one counts as not set.
 *
 * A variable that looks like a mistyped one is a problem. Any other `SPOT_*` variable belongs to someone else and is
 * left alone: scripts on instances see SPOT_RUN_ID and SPOT_INSTANCE_ID, and SPOT_PRICE is a likely name elsewhere.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): readonly Entry[] {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX));
  return names.sort().flatMap((name) => readVariable(name, env[name] ?? ''));
}

function readVariable(name: string, raw: string): readonly Entry[] {
  const key = KEY_OF_VARIABLE.get(name);
  if (key !== undefined) return raw === '' ? [] : [{ key, raw, source: 'environment', where: name, place: name }];
  const meant = meantBy(name);
  if (meant === null) return [];
  return [{ source: 'environment', message: `${name} is not a known variable; did you mean ${meant}?` }];
}

/** A variable with a spelling close to this one, or the one whose section was left out. */
function meantBy(name: string): string | null {
  const word = name.slice(PREFIX.length);
  const near = nearest(
    word,
    [...KEY_OF_VARIABLE.keys()].map((known) => known.slice(PREFIX.length)),
  );
  if (near !== null) return PREFIX + near;
  const key = KEY_PATHS.find((candidate) => leafOf(candidate).toUpperCase() === word);
  return key === undefined ? null : variableOf(key);
}

function variableOf(key: KeyPath): string {
  return PREFIX + key.replace('.', '_').toUpperCase();
}
