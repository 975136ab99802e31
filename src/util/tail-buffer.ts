/** Keeps the last bytes of a stream; memory is bounded by twice the limit. */
export class TailBuffer {
  readonly #limit: number;
  #kept: Buffer = Buffer.alloc(0);
  #cut = false;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    const joined =
      chunk.byteLength >= this.#limit
        ? chunk
        : this.#kept.byteLength === 0
          ? chunk
          : Buffer.concat([this.#kept, chunk]);
    this.#cut ||=
      joined !== chunk ? joined.byteLength > this.#limit : this.#kept.byteLength + chunk.byteLength > this.#limit;
    // a copy: a slice would hold on to the whole packet it came in
    this.#kept = Buffer.from(joined.subarray(Math.max(0, joined.byteLength - this.#limit)));
  }

  /** as text; where something was cut off in front it begins at a line, if there is one */
  text(): string {
    const newline = this.#cut ? this.#kept.indexOf(0x0a) : -1;
    const whole =
      newline === -1 || newline === this.#kept.byteLength - 1 ? this.#kept : this.#kept.subarray(newline + 1);
    return whole.toString('utf8');
  }
}
