import { byNumber } from '../util/by-number.ts';

/** What people call an instance: its name if it has one, else its id. */
export function labelOf({
  name,
  instance_id: id,
}: {
  readonly name: string | null;
  readonly instance_id: string;
}): string {
  return name ?? id;
}

/** `web-2` before `web-10`. */
export function byLabel(a: Parameters<typeof labelOf>[0], b: Parameters<typeof labelOf>[0]): number {
  return byNumber.compare(labelOf(a), labelOf(b));
}
