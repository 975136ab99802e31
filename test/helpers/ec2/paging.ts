import { Ec2Error, invalidValue } from './error.ts';
import type { Parameters } from './parameters.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** for the next request, or null at the end */
  readonly nextToken: string | null;
}

export interface PageRules {
  /** what MaxResults may be: `[5, 1000]` */
  readonly range: readonly [number, number];
  /** no page is larger, whatever is asked for */
  readonly limit: number;
}

/**
 * The page that a request asks for.
 * @param ids of all the things, in the order of the answer; a page begins after the last id of the one before, so that
 * what comes and goes in between shifts nothing
 */
export function pageOf<T>(
  things: readonly T[],
  parameters: Parameters,
  idOf: (thing: T) => string,
  rules: PageRules,
): Page<T> {
  const wanted = parameters.number('MaxResults');
  const [least, most] = rules.range;
  if (wanted !== null && (wanted < least || wanted > most)) {
    throw invalidValue('MaxResults', String(wanted), `Expecting a value between ${least} and ${most}.`);
  }
  const token = parameters.text('NextToken');
  const begin = token === null ? 0 : after(things.map(idOf), decoded(token));
  const items = things.slice(begin, begin + Math.min(wanted ?? most, rules.limit));
  const last = items.at(-1);
  const isEnd = last === undefined || begin + items.length >= things.length;
  return { items, nextToken: isEnd ? null : Buffer.from(`after ${idOf(last)}`).toString('base64url') };
}

function after(ids: readonly string[], last: string): number {
  const index = ids.indexOf(last);
  if (index >= 0) return index + 1;
  throw new Ec2Error('InvalidParameterValue', 'Unable to parse pagination token');
}

function decoded(token: string): string {
  return Buffer.from(token, 'base64url')
    .toString()
    .replace(/^after /, '');
}
