import type { AttemptResult } from '../../model/attempt.ts';
import { labelOf } from '../../model/instance.ts';
import { foldNames } from '../fold-names.ts';
import { harmless } from '../text.ts';

/** By instance id: a word by which `spot logs` and the others know the instance. */
export type Words = ReadonlyMap<string, string>;

/** As many are named one by one. */
const MAX_PLAIN = 3;
/** Words of folded names. */
const MAX_WORDS = 8;

/** The name of each instance, or its id where it has none or shares it. */
export function wordsOf(attempts: readonly AttemptResult[]): Words {
  const uses = new Map<string, number>();
  for (const attempt of attempts) uses.set(labelOf(attempt), (uses.get(labelOf(attempt)) ?? 0) + 1);
  const isShared = (label: string): boolean => (uses.get(label) ?? 0) > 1;
  return new Map(
    attempts.map((attempt) => [attempt.instanceId, isShared(labelOf(attempt)) ? attempt.instanceId : labelOf(attempt)]),
  );
}

/** `web-4, web-5`, `web-[1-3,7]`, or what fits and how many more there are. @param all name them, however many */
export function namesOf(attempts: readonly AttemptResult[], words: Words, all: boolean): string {
  const names = attempts.map(({ instanceId }) => words.get(instanceId) ?? instanceId);
  if (all || names.length <= MAX_PLAIN) return harmless(names.join(', '));
  const folded = foldNames(names);
  if (folded.length <= MAX_WORDS) return harmless(folded.join(', '));
  return harmless(`${names.slice(0, MAX_PLAIN).join(', ')} and ${names.length - MAX_PLAIN} more`);
}
