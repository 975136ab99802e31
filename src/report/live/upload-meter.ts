/** Of the samples that the rate is measured over, ms: together they reach back 5 s. */
const SAMPLE_MS = 500;
const MOST_SAMPLES = 10;
/** A rate measured over less says nothing. */
const MIN_RATE_MS = 1000;
/** Where nothing has come for so long, nothing comes. */
const STALLED_MS = 5000;

/** How much goes to all instances together, and how fast. */
export class UploadMeter {
  /** bytes that will have been sent in the end, as far as anybody knows now */
  goalBytes = 0;
  /** of them, those that are still to be sent */
  leftBytes = 0;
  /** all that was sent, repetitions counted */
  sentBytes = 0;
  readonly #samples: { readonly at: number; readonly sentBytes: number }[] = [];

  /** Of the bytes, 0 where an upload begins. @param at ms since the epoch */
  sent(bytes: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last === undefined || at - last.at >= SAMPLE_MS) this.#samples.push({ at, sentBytes: this.sentBytes });
    while (this.#samples.length > MOST_SAMPLES || at - (this.#samples[0]?.at ?? at) > MOST_SAMPLES * SAMPLE_MS) {
      this.#samples.shift();
    }
    this.sentBytes += bytes;
  }

  /** Bytes a second over the last seconds; null where that cannot be said, or where nothing moves. */
  rate(now: number): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined) return null;
    const ms = now - first.at;
    if (ms < MIN_RATE_MS || now - last.at > STALLED_MS) return null;
    return ((this.sentBytes - first.sentBytes) / ms) * 1000;
  }
}
