/** More would fill the screen. */
const MAX_NAMED = 3;

/** `web-1, web-2`, or `web-1, web-2, web-3 … and 7 more`. */
export function labelList(labels: readonly string[]): string {
  const named = labels.slice(0, MAX_NAMED).join(', ');
  return labels.length <= MAX_NAMED ? named : `${named} … and ${labels.length - MAX_NAMED} more`;
}
