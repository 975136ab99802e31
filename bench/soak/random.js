import { Buffer } from 'node:buffer';

/** Numbers that are the same again for the same seed. */
export class Random {
  #state;

  /** @param {number} seed any whole number */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). Tommy Ettinger's mulberry32: small, and good enough to choose faults. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number; both ends may come. */
  between(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Small ones as often as large ones: each power of two has the same chance. */
  anySize(most) {
    return Math.floor(2 ** (this.next() * Math.log2(most + 1))) - 1;
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.between(0, list.length - 1)];
  }

  /** So many of them, in their own order. */
  sample(list, count) {
    const chosen = new Set();
    while (chosen.size < Math.min(count, list.length)) chosen.add(this.pick(list));
    return list.filter((each) => chosen.has(each));
  }

  bytes(count) {
    return Buffer.from(Array.from({ length: count }, () => this.between(0, 255)));
  }

  /** Numbers of its own for one part of the work, whatever the other parts ask for. */
  fork() {
    return new Random(this.between(0, 2 ** 32 - 1));
  }
}
