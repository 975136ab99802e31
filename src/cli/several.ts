import type { Instance } from '../model/instance.ts';
import { labelInstances } from '../report/labels.ts';

/** Up to this number instances are named one by one; many more would fill the screen. */
export const MAX_NAMED = 10;

/** `web-1, web-2`, or of many the first ones: `web-1, web-2 … and 40 more`. */
export function namesOf(instances: readonly Instance[]): string {
  const names = [...labelInstances(instances).values()].slice(0, MAX_NAMED).join(', ');
  return instances.length > MAX_NAMED ? `${names} … and ${instances.length - MAX_NAMED} more` : names;
}

/** The same of ids alone. */
export function namesOfIds(ids: readonly string[]): string {
  const named = ids.slice(0, MAX_NAMED).join(', ');
  return ids.length > MAX_NAMED ? `${named} … and ${ids.length - MAX_NAMED} more` : named;
}
