import { Ec2Error } from './error.ts';
import { defaultImages, type Image } from './images.ts';
import type { Ec2Instance } from './instance.ts';
import { type InstanceType, usualSpotPrice } from './instance-types.ts';
import { Network } from './network.ts';
import type { SpotRequest } from './spot-request.ts';

/** The account of the tests. */
export const OWNER = '123456789012';

/** @returns an id that was never given before, e.g. `i-00000000000000001` */
export type NewId = (prefix: string) => string;

export interface KeyPair {
  readonly id: string;
  readonly name: string;
  /** a line of an OpenSSH `.pub` file */
  readonly publicKey: string;
  readonly createdAt: Date;
  readonly tags: Record<string, string>;
}

/** A launch template has one version here. */
export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly tags: Record<string, string>;
  /** its data as RunInstances would be asked: `SecurityGroupId.1` */
  readonly data: Readonly<Record<string, string>>;
}

/** What a client token has made, for whoever asks with it again. */
interface Token {
  readonly fingerprint: string;
  readonly made: unknown;
}

/** Everything that exists in one region. */
export class Region {
  readonly name: string;
  readonly zones: readonly string[];
  readonly instances = new Map<string, Ec2Instance>();
  readonly spotRequests = new Map<string, SpotRequest>();
  readonly keyPairs = new Map<string, KeyPair>();
  readonly network: Network;
  readonly images: Image[];
  readonly templates = new Map<string, LaunchTemplate>();
  /** zones that are not `available` */
  readonly zoneStates = new Map<string, 'impaired' | 'unavailable'>();
  readonly #spotPrices = new Map<string, number>();
  readonly #tokens = new Map<string, Token>();

  constructor(name: string, newId: NewId) {
    this.name = name;
    this.zones = ['a', 'b', 'c'].map((letter) => `${name}${letter}`);
    this.network = new Network(this.zones, newId);
    this.images = defaultImages(newId);
  }

  /** US dollars an hour, now. */
  spotPrice(type: InstanceType, zone: string): number {
    return this.#spotPrices.get(`${type.name} ${zone}`) ?? usualSpotPrice(type, zone);
  }

  setSpotPrice(instanceType: string, zone: string, hourlyPrice: number): void {
    this.#spotPrices.set(`${instanceType} ${zone}`, hourlyPrice);
  }

  /**
   * Makes something once for a token: the same request again gets what the first one made.
   * @param fingerprint of all other parameters
   */
  once<T>(token: string | null, fingerprint: string, make: () => T): T {
    if (token === null) return make();
    if (!/^[\x21-\x7e]{1,64}$/.test(token)) {
      throw new Ec2Error('InvalidParameterValue', 'A client token has at most 64 ASCII characters');
    }
    const known = this.#tokens.get(token);
    if (known !== undefined && known.fingerprint !== fingerprint) {
      throw new Ec2Error(
        'IdempotentParameterMismatch',
        'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
      );
    }
    if (known !== undefined) return known.made as T;
    const made = make();
    this.#tokens.set(token, { fingerprint, made });
    return made;
  }
}
