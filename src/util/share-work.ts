/** Does a piece of work once at a time for each key: whoever asks while it goes on gets the same promise. */
export function shareWork<T>(underWay: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const before = underWay.get(key);
  if (before !== undefined) return before;
  const now = work().finally(() => underWay.delete(key));
  underWay.set(key, now);
  return now;
}
