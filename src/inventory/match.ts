import { usageError } from '../model/errors.ts';
import type { Instance } from '../model/instance.ts';
import { globMatcher } from './glob.ts';
import { formatHostPort } from './host-spec.ts';
import { GROUP_TAG, groupsOf } from './tags.ts';

export type Matcher = (instance: Instance) => boolean;

/** Words before `=` that mean a column; every other one is the key of a tag. */
const COLUMNS: ReadonlyMap<string, (instance: Instance) => string | null> = new Map([
  ['name', (instance: Instance) => instance.name],
  ['state', (instance: Instance) => instance.state],
  ['region', (instance: Instance) => instance.region],
  ['az', (instance: Instance) => instance.availabilityZone],
  ['type', (instance: Instance) => instance.instanceType],
]);

/**
 * Compiles one word of `--limit` or `--exclude`: `key=value`, or an id, a name, an address (with `:port` or without).
 * Values, ids, names and addresses may be globs. `group=web` means all that are in that group, whatever others they are in.
 * @throws SpotError `bad-selector` (exit 64)
 */
export function compileWord(word: string): Matcher {
  const middle = word.indexOf('=');
  if (middle === 0) throw usageError('bad-selector', `'${word}' has no key before the '='; write key=value`);
  const matches = compileGlob(word.slice(middle + 1), word);
  if (middle === -1) return (instance) => identitiesOf(instance).some(matches);
  const key = word.slice(0, middle);
  const valueOf = valueReader(key);
  return (instance) => {
    const value = valueOf(instance);
    if (value === null) return false;
    return matches(value) || (key === GROUP_TAG && groupsOf(instance.tags).some(matches));
  };
}

function compileGlob(glob: string, word: string): (text: string) => boolean {
  try {
    return globMatcher(glob);
  } catch (error) {
    throw usageError('bad-selector', `'${word}' is no glob that can be read; check what stands in its brackets`, error);
  }
}

function valueReader(key: string): (instance: Instance) => string | null {
  return COLUMNS.get(key) ?? ((instance) => (Object.hasOwn(instance.tags, key) ? (instance.tags[key] ?? null) : null));
}

function identitiesOf(instance: Instance): string[] {
  const { instanceId, name, publicIp, privateIp, sshPort } = instance;
  const addresses = [publicIp, privateIp].filter((address) => address !== null);
  const places = addresses.map((address) => formatHostPort(address, sshPort));
  return [instanceId, ...(name === null ? [] : [name]), ...addresses, ...places];
}
