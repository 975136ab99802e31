import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../util/clock.ts';
import type { Secret } from '../../util/secret.ts';
import type { Identified } from '../tokens.ts';

/** A day of work, ms. */
const SESSION_MS = 12 * 3_600_000;
/** The oldest goes for one more. */
const MOST_SESSIONS = 1000;
const KEY_BYTES = 32;

/** Who a session is of; asked with every request, so that one of a token that was revoked opens nothing any more. */
export type WhoIs = () => string | null;

/** How one gets a session. */
export interface SignIn {
  /** what the page asks for: a token of the service, or the address that `spot ui` has printed */
  readonly kind: 'token' | 'address';
  readonly exchange: (secret: string) => SignedIn;
}

export type SignedIn = { readonly whoIs: WhoIs } | { readonly refused: string };

/** By a token of the service. */
export function tokenSignIn(identify: (token: string) => Identified): SignIn {
  const nameOf = (token: string): string | null => {
    const found = identify(token);
    return found !== null && 'name' in found ? found.name : null;
  };
  return {
    kind: 'token',
    exchange: (token) =>
      nameOf(token) === null
        ? { refused: 'the token is not known here, or was revoked; make one with: spot token create NAME' }
        : { whoIs: () => nameOf(token) },
  };
}

export interface OneTime {
  readonly secret: Secret;
  /** of whoever comes with it */
  readonly name: string;
  readonly lifetimeMs: number;
}

/** By a secret that opens it once, and not for long. */
export function oneTimeSignIn({ secret, name, lifetimeMs }: OneTime, clock: Clock): SignIn {
  const expiresAt = clock.now() + lifetimeMs;
  const expected = digestOf(secret.reveal());
  let isUsed = false;
  return {
    kind: 'address',
    exchange: (shown) => {
      if (!timingSafeEqual(digestOf(shown), expected))
        return { refused: 'the address is not the one that was printed' };
      if (isUsed) return { refused: 'the address was used before: it opens the page once; start spot ui again' };
      if (clock.now() > expiresAt) return { refused: 'the address was not used in time; start spot ui again' };
      isUsed = true;
      return { whoIs: () => name };
    },
  };
}

/**
 * Sessions of the page, in memory alone. The cookie is for this host, out of reach of scripts, and sent by pages of this
 * host alone; it opens nothing but what is to be looked at.
 */
export class Sessions {
  /** Browsers do not tell ports of a host apart: without TLS each server has a name of its own. */
  readonly #cookie: string;
  readonly #attributes: string;
  readonly #clock: Clock;
  /** by the digest of their key, oldest first */
  readonly #open = new Map<string, { readonly whoIs: WhoIs; readonly expiresAt: number }>();

  constructor(clock: Clock, isEncrypted: boolean) {
    this.#clock = clock;
    this.#cookie = isEncrypted ? '__Host-spot' : `spot-${randomBytes(4).toString('hex')}`;
    this.#attributes = `Path=/; HttpOnly; SameSite=Strict${isEncrypted ? '; Secure' : ''}`;
  }

  /** @returns the header that gives it to the browser */
  open(whoIs: WhoIs): string {
    const key = randomBytes(KEY_BYTES).toString('base64url');
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MOST_SESSIONS && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(hashOf(key), { whoIs, expiresAt: this.#clock.now() + SESSION_MS });
    return `${this.#cookie}=${key}; ${this.#attributes}`;
  }

  /** @returns whose request it is; null where it has no session, or comes from a page of another origin */
  whoAsks(headers: IncomingHttpHeaders): string | null {
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return null;
    const session = this.#open.get(this.#idIn(headers));
    return session === undefined || this.#clock.now() > session.expiresAt ? null : session.whoIs();
  }

  /** @returns the header that takes it from the browser */
  close(headers: IncomingHttpHeaders): string {
    this.#open.delete(this.#idIn(headers));
    return `${this.#cookie}=; Max-Age=0; ${this.#attributes}`;
  }

  #idIn({ cookie = '' }: IncomingHttpHeaders): string {
    const pairs = cookie.split(/; */).map((pair) => pair.split('='));
    return hashOf(pairs.find(([name]) => name === this.#cookie)?.[1] ?? '');
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function hashOf(key: string): string {
  return digestOf(key).toString('hex');
}
