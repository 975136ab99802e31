import { type Raw, Refusal } from './kinds.ts';
import { KEY_PATHS, SCHEMA } from './schema.ts';
import type { KeyPath, Values } from './schema.ts';
import { isProblem } from './setting.ts';
import type { ConfigProblem, Entry, Setting } from './setting.ts';

/** What all sources together come to. */
export interface Settled {
  readonly values: Values;
  /** the settings that count; a key that is not in here has its default */
  readonly given: ReadonlyMap<KeyPath, Setting>;
  /** those that a stronger source hides, strongest first */
  readonly hidden: readonly Setting[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * Gives every key its value: that of the first source that sets it, else its default. A value that is not accepted is
 * a problem even where a stronger source hides it.
 * @param entries strongest source first
 */
export function settle(entries: readonly Entry[]): Settled {
  const values = defaults();
  const given = new Map<KeyPath, Setting>();
  const hidden: Setting[] = [];
  const problems: ConfigProblem[] = [];
  for (const entry of entries) {
    if (isProblem(entry)) {
      problems.push(entry);
      continue;
    }
    const value = understand(entry);
    if (value instanceof Refusal) {
      problems.push({ source: entry.source, message: `${entry.where}: ${value.complaint}` });
    } else if (given.has(entry.key)) {
      hidden.push(entry);
    } else {
      given.set(entry.key, entry);
      values[entry.key] = value;
    }
  }
  // each value was made by the kind of its own key, which is what `Values` says
  return { values: values as Values, given, hidden, problems };
}

function defaults(): Record<string, unknown> {
  return Object.fromEntries(
    KEY_PATHS.map((key) => {
      const { kind, fallback } = SCHEMA[key];
      return [key, fallback === null ? null : kind(fallback)];
    }),
  );
}

function understand({ key, raw }: Setting): unknown {
  const { kind, fallback } = SCHEMA[key];
  if (raw !== null) return kind(raw);
  return fallback === null ? null : new Refusal('no value is given; write one or remove the line');
}

/** What is wrong with a value of a key, or null. */
export function complaintAbout(key: KeyPath, raw: Raw): string | null {
  const value = SCHEMA[key].kind(raw);
  return value instanceof Refusal ? value.complaint : null;
}
