/** Does a piece of work once for each key; whoever asks again gets the same promise. One that failed is forgotten. */
export function remember<T>(memory: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const before = memory.get(key);
  if (before !== undefined) return before;
  const now = work();
  memory.set(key, now);
  now.catch(() => memory.get(key) === now && memory.delete(key));
  return now;
}
