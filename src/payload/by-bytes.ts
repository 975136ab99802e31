/** Orders by the bytes of a text (UTF-8), which is the same in every locale; does not change what it is given. */
export function sortByBytes<T>(items: readonly T[], textOf: (item: T) => string): T[] {
  const keyed = items.map((item) => ({ item, key: Buffer.from(textOf(item)) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ item }) => item);
}
