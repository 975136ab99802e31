import { inputError, usageError } from '../model/errors.ts';
import type { SpotError } from '../model/errors.ts';
import type { PayloadRecord, PayloadTable } from '../state/payloads.ts';
import { nearest } from '../util/nearest.ts';
import { parseReference } from './payload-name.ts';
import { quoteText } from './quote-text.ts';

/** What has a registry: the state. */
export interface Registry {
  readonly payloads: Pick<PayloadTable, 'list'>;
}

/**
 * The registered version that a word means: `deploy@3`, or `deploy` for the active one.
 * @throws SpotError (exit 66) `no-such-payload`, `no-such-version`, `no-active-version`
 */
export function requireVersion(word: string, state: Registry): PayloadRecord {
  const { name, version } = parseReference(word) ?? { name: beforeAt(word), version: null };
  const versions = requireName(name, state);
  if (name !== word && version === null) throw noVersion(word, versions);
  const found = versions.find((record) => (version === null ? record.isActive : record.version === version));
  if (found !== undefined) return found;
  if (version !== null) throw noVersion(word, versions);
  throw inputError('no-active-version', `no version of ${name} is active; it has ${describeVersions(versions)}`);
}

/**
 * All versions of a name, at least one.
 * @throws SpotError (exit 66) `no-such-payload`
 */
export function requireName(name: string, state: Registry): PayloadRecord[] {
  const all = state.payloads.list();
  const versions = all.filter((record) => record.name === name);
  if (versions.length > 0) return versions;
  const shown = parseReference(name) === null ? quoteText(name) : name;
  throw inputError('no-such-payload', `there is no payload ${shown}${adviceFor(name, all)}`);
}

/** `; did you mean deploy?` where a name is close. */
function adviceFor(name: string, all: readonly PayloadRecord[]): string {
  const close = nearestName(name, all);
  return close === null ? '; see what there is with: spot payload list' : `; did you mean ${close}?`;
}

/** The registered name that is most likely meant by a word that is none: `deploy.sh` by `deploy`, too. */
export function nearestName(word: string, all: readonly PayloadRecord[]): string | null {
  const meant = beforeAt(word);
  const names = [...new Set(all.map(({ name }) => name))];
  const related = names.find((name) => name.startsWith(`${meant}.`) || meant.startsWith(`${name}.`));
  return nearest(meant, names) ?? related ?? null;
}

/** Whether a word begins with a registered name, whatever it says of the version. */
export function namesPayload(word: string, all: readonly PayloadRecord[]): boolean {
  return all.some(({ name }) => name === beforeAt(word));
}

/** @throws SpotError (exit 64) for a word without a version */
export function requireWithVersion(word: string, state: Registry): PayloadRecord {
  if (word.includes('@')) return requireVersion(word, state);
  const versions = requireName(word, state);
  throw usageError('no-version', `say which version of ${word}, as ${word}@1; it has ${describeVersions(versions)}`);
}

function noVersion(word: string, versions: readonly PayloadRecord[]): SpotError {
  const shown = parseReference(word) === null ? quoteText(word) : word;
  return inputError('no-such-version', `there is no ${shown}; it has ${describeVersions(versions)}`);
}

/** `version 1`, `versions 1, 2 and 3 (active)`. */
function describeVersions(versions: readonly PayloadRecord[]): string {
  const words = versions.map(({ version, isActive }) => `${version}${isActive ? ' (active)' : ''}`);
  if (words.length === 1) return `version ${words.join('')}`;
  return `versions ${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function beforeAt(word: string): string {
  const at = word.indexOf('@');
  return at === -1 ? word : word.slice(0, at);
}
