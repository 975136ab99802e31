import { Ec2Error } from './error.ts';
import type { Parameters } from './parameters.ts';

/** What a thing shows to a filter, by the filter's name; without the tags. */
export type Attributes = Readonly<Record<string, string | readonly string[] | null>>;

export interface Filterable {
  readonly attributes: Attributes;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Keeps what passes all filters of a request; a filter is passed by any of its values, `*` and `?` are wildcards
 * unless a backslash stands before them.
 * @throws Ec2Error for a filter that this endpoint does not have
 */
export function filtered<T>(things: readonly T[], parameters: Parameters, show: (thing: T) => Filterable): T[] {
  const filters = parameters.structs('Filter').map((filter) => ({
    name: filter.text('Name') ?? '',
    patterns: filter.texts('Value').map(patternOf),
  }));
  return things.filter((thing) => {
    const shown = show(thing);
    return filters.every(({ name, patterns }) =>
      valuesOf(shown, name).some((value) => patterns.some((pattern) => pattern.test(value))),
    );
  });
}

function valuesOf({ attributes, tags }: Filterable, name: string): readonly string[] {
  if (name === 'tag-key') return Object.keys(tags);
  if (name.startsWith('tag:')) {
    const value = tags[name.slice('tag:'.length)];
    return value === undefined ? [] : [value];
  }
  const value = attributes[name];
  if (value === undefined) throw new Ec2Error('InternalError', `this endpoint does not filter by ${name}`, 500);
  return typeof value === 'string' ? [value] : (value ?? []);
}

function patternOf(value: string): RegExp {
  const translated = value.replaceAll(/\\(.)|[^]/gs, (found, literal?: string) => {
    if (found === '*') return '.*';
    return found === '?' ? '.' : escaped(literal ?? found);
  });
  return new RegExp(`^${translated}$`, 's');
}

function escaped(character: string): string {
  return /[$()*+.?[\\\]^{|}]/.test(character) ? `\\${character}` : character;
}
