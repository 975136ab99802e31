export interface Bounds<Value> {
  /** entries that are kept, at most */
  readonly count: number;
  /** of all values together, at most; a single one that is heavier is not kept */
  readonly weight: number;
  readonly weigh: (value: Value) => number;
}

/** A map that forgets what was not asked for the longest, as soon as there is too much in it. */
export class BoundedMap<Key, Value> {
  readonly #bounds: Bounds<Value>;
  /** the one that was asked for last stands last */
  readonly #values = new Map<Key, Value>();
  #weight = 0;

  constructor(bounds: Bounds<Value>) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.delete(key);
    this.#values.set(key, value);
    this.#weight += this.#bounds.weigh(value);
    for (const [oldest] of this.#values) {
      if (this.#values.size <= this.#bounds.count && this.#weight <= this.#bounds.weight) return;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#weight -= this.#bounds.weigh(value);
  }
}
