import process from 'node:process';
import { privateOf } from './hosts.ts';

/** Test files run side by side, each in a process of its own: its number keeps their addresses apart. */
const NETWORK = `127.${64 + ((process.pid >> 8) & 63)}.${process.pid & 255}`;

/** The last number that an address of a network may end with. */
const LAST = 254;

/** How many were given away in this process: two endpoints of a test file never share one. */
let used = 0;

/** Addresses of loopback for the machines of instances. */
export class LoopbackAddresses {
  readonly #reuses: boolean;
  readonly #free: string[] = [];
  #taken = 0;

  /** @param reuses whether an address that was given back is the next one to be taken */
  constructor(reuses: boolean) {
    this.#reuses = reuses;
  }

  /** The one that `take` gives next. */
  get next(): string {
    return this.#free[0] ?? `${NETWORK}.${1 + (used % LAST)}`;
  }

  take(): { readonly publicIp: string; readonly privateIp: string } {
    const publicIp = this.next;
    if (this.#free.shift() === undefined) used += 1;
    this.#taken += 1;
    return { publicIp, privateIp: privateOf(this.#taken) };
  }

  giveBack(address: string): void {
    if (this.#reuses) this.#free.push(address);
  }
}
