import type { Instance } from '../model/instance.ts';
import { labelInstances } from '../report/labels.ts';
import { harmless } from '../report/text.ts';

/** Up to this number instances are named one by one; many more would fill the screen. */
export const MAX_NAMED = 10;

/** `web-1, web-2`, or of many the first ones: `web-1, web-2 … and 40 more`. */
export function namesOf(instances: readonly Instance[]): string {
  return firstOf([...labelInstances(instances).values()]);
}

/** The same of instances that others may share their names with: `web (i-1), web (i-2)`. */
export function namesAndIds(instances: readonly Instance[]): string {
  return firstOf(instances.map(nameAndId));
}

export function nameAndId({ name, instanceId }: Instance): string {
  return harmless(name === null ? instanceId : `${name} (${instanceId})`);
}

/** Of many words the first ones. */
export function firstOf(words: readonly string[]): string {
  const first = words.slice(0, MAX_NAMED).join(', ');
  return words.length > MAX_NAMED ? `${first} … and ${words.length - MAX_NAMED} more` : first;
}
