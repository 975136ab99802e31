import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenTable } from '../state/tokens.ts';
import type { Clock } from '../util/clock.ts';
import type { Secret } from '../util/secret.ts';

const TOKEN_BYTES = 32;
/** `used_at` is written no more often. */
const USED_EVERY_MS = 60_000;
/** A token that somebody has thought up may be short enough to be guessed; 32 characters are not. */
export const SHORTEST_TOKEN = 32;

/** A token that is not in the state: of a file, of the environment. */
export interface GivenToken {
  readonly name: string;
  readonly token: Secret;
}

/** Who shows a token; `revoked` names one that was taken back. */
export type Identified = { readonly name: string } | { readonly revoked: string } | null;

/** `spot_` and 43 characters of base64url. */
export function createToken(): string {
  return `spot_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** What the state keeps of a token. A token is random, so that one round of SHA-256 is enough. */
export function hashToken(token: string): string {
  return digestOf(token).toString('hex');
}

/**
 * Finds out whose a token is. The state is asked each time, so that one that was revoked opens nothing any more; all
 * tokens are compared, each in the same time, whether one matches or not.
 */
export function createIdentifier(
  table: TokenTable,
  given: readonly GivenToken[],
  clock: Clock,
): (token: string) => Identified {
  const known = given.map(({ name, token }) => ({ name, digest: digestOf(token.reveal()) }));
  return (token) => {
    const shown = digestOf(token);
    let found: Identified = null;
    for (const { name, digest } of known) if (timingSafeEqual(digest, shown)) found = { name };
    for (const { id, name, hash, usedAt, revokedAt } of table.list()) {
      const digest = Buffer.from(hash, 'hex');
      if (digest.length !== shown.length || !timingSafeEqual(digest, shown)) continue;
      found = revokedAt === null ? { name } : { revoked: name };
      const isNoted = usedAt !== null && clock.now() - Date.parse(usedAt) < USED_EVERY_MS;
      if (revokedAt === null && !isNoted) table.used(id);
    }
    return found;
  };
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
