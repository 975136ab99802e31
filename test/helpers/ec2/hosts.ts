import type { Ec2Instance } from './instance.ts';

/** The machine behind an instance: what stands at its address. */
export interface Backing {
  readonly publicIp: string | null;
  readonly privateIp: string | null;
  /** The instance is being terminated: the machine goes off. Awaited when the endpoint closes. */
  stop?(): Promise<void>;
  /** The instance is taken back: every connection is cut without a goodbye, then the machine is gone. */
  cut?(): Promise<void>;
}

/**
 * Gives a new instance its machine, which may still be starting.
 * @param publicKey of the instance's key pair, a line of a `.pub` file, or null where it has none
 */
export type HostSource = (instance: Ec2Instance, publicKey: string | null) => Backing;

/** Addresses in turn, with nothing behind them that the endpoint could stop. */
export function addressPool(addresses: readonly string[]): HostSource {
  let taken = 0;
  return () => {
    const address = addresses[taken];
    if (address === undefined) throw new Error(`only ${addresses.length} hosts were given to the endpoint`);
    taken += 1;
    return { publicIp: address, privateIp: privateOf(taken) };
  };
}

/** Of TEST-NET-3 (RFC 5737), where nobody answers. */
export function nobody(): HostSource {
  let taken = 0;
  return () => {
    taken += 1;
    return { publicIp: `203.0.113.${1 + ((taken - 1) % 254)}`, privateIp: privateOf(taken) };
  };
}

/** @param number counts the instances, from 1 */
export function privateOf(number: number): string {
  return `172.31.${Math.floor(number / 256)}.${number % 256}`;
}
