import type { Config } from './config.ts';
import { path, paths, type Raw } from './kinds.ts';
import { KEY_PATHS, type KeyPath, SCHEMA } from './schema.ts';
import type { Source } from './setting.ts';
import type { Settled } from './settle.ts';

/** The value of a key, written as in a config file, and where it comes from. */
export interface EffectiveSetting {
  readonly key: KeyPath;
  /** paths are absolute, and of URLs the passwords are masked; null: it has none, and something else decides */
  readonly value: Raw | null;
  readonly source: Source | 'default';
  /** `--state-dir`, `SPOT_STATE_DIR`, `config.yaml:4`, or `default` */
  readonly place: string;
  /** places that give it, too, and do not count, strongest first */
  readonly hidden: readonly string[];
}

/** @param absolute makes a path absolute */
export function effectiveSettings(
  { given, hidden }: Settled,
  config: Config,
  absolute: (path: string) => string,
): readonly EffectiveSetting[] {
  return KEY_PATHS.map((key) => {
    const setting = given.get(key);
    const raw = setting === undefined ? SCHEMA[key].fallback : setting.raw;
    return {
      key,
      value: key === 'service.listen' ? config.service.listen : shownValue(key, raw, absolute),
      source: setting?.source ?? 'default',
      place: setting?.place ?? 'default',
      hidden: hidden.filter((other) => other.key === key).map(({ place }) => place),
    };
  });
}

function shownValue(key: KeyPath, raw: Raw | null, absolute: (path: string) => string): Raw | null {
  if (raw === null) return null;
  const { kind } = SCHEMA[key];
  const isList = Array.isArray(SCHEMA[key].fallback);
  const items = typeof raw === 'string' && isList ? raw.split(',').map((item) => item.trim()) : raw;
  const show = (text: string): string =>
    (kind as unknown) === path || (kind as unknown) === paths ? absolute(text) : withoutPassword(text);
  return typeof items === 'string' ? show(items) : items.filter((item) => item !== '').map(show);
}

/** `postgres://spot:***@db/spot`; text that is no URL stays as it is. */
function withoutPassword(text: string): string {
  return text
    .replace(/^([a-z]+:\/\/[^/?#]*?:)[^/?#]*@/i, '$1***@')
    .replace(/([?&][a-z]*(?:password|secret|token)[a-z]*=)[^&#]*/gi, '$1***');
}
