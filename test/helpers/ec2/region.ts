import type { Image } from './images.ts';
import { defaultImages } from './images.ts';
import { Ec2Error } from './error.ts';
import type { Ec2Instance } from './instance.ts';
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
  readonly #tokens = new Map<string, Token>();

  constructor(name: string, newId: NewId) {
    this.name = name;
    this.zones = ['a', 'b', 'c'].map((letter) => `${name}${letter}`);
    this.network = new Network(this.zones, newId);
    this.images = defaultImages(newId);
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
