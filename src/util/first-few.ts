/** Of many the first ones, to be followed by how many more there are; one more takes no more room than that line. */
export function firstFew<T>(items: readonly T[], most: number): readonly T[] {
  return items.length <= most + 1 ? items : items.slice(0, most);
}
