import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditTable } from '../../state/audit.ts';
import type { Identified } from '../tokens.ts';
import { refusal } from './errors.ts';
import { NOBODY, SOCKET_CALLER } from './fastify-types.ts';
import type { ListenAddress } from './listen-address.ts';
import type { Sessions } from './sessions.ts';

/** Refused authorisations of one address in a minute, before they are not even looked at. */
const MOST_FAILURES = 10;
const FAILURE_WINDOW_MS = 60_000;

export interface AuthOptions {
  readonly address: ListenAddress;
  readonly identify: (token: string) => Identified;
  readonly audit: Pick<AuditTable, 'add'>;
  /** of the page; null where there is none */
  readonly sessions: Sessions | null;
}

/** Why somebody is not let in. */
export interface Refused {
  readonly code: 'token-missing' | 'token-refused';
  /** as far as it is known */
  readonly who: string;
  /** in place of the usual one */
  readonly message?: string;
}

/** Throws what somebody is told who is not let in. */
export type Refuse = (request: FastifyRequest, refused: Refused) => Promise<never>;

/**
 * Every request but open ones has to show a token, unless it comes over the Unix socket, which only its owner can open, or
 * from the page, whose session opens what there is to look at. A right token is let in however many wrong ones came from its
 * address: else anyone beside it could lock it out. Wrong ones are on record until they are too many.
 */
export function addAuthorisation(app: FastifyInstance, { address, identify, audit, sessions }: AuthOptions): Refuse {
  const refuse = createRefuse(app, audit);
  app.addHook('onRequest', async (request) => {
    const setName = (name: string): void => void (request.caller = { ...request.caller, name });
    if (address.kind === 'socket') return setName(SOCKET_CALLER);
    const { config } = request.routeOptions;
    if (config.open === true) return;
    const token = bearerOf(request.headers.authorization);
    if (token === null) {
      const who = config.page === true ? (sessions?.whoAsks(request.headers) ?? null) : null;
      return who === null ? refuse(request, { code: 'token-missing', who: NOBODY }) : setName(who);
    }
    const found = identify(token);
    if (found !== null && 'name' in found) return setName(found.name);
    return refuse(request, { code: 'token-refused', who: found?.revoked ?? NOBODY });
  });
  return refuse;
}

function createRefuse(app: FastifyInstance, audit: AuthOptions['audit']): Refuse {
  const failures = app.createRateLimit({
    max: MOST_FAILURES,
    timeWindow: FAILURE_WINDOW_MS,
    keyGenerator: ({ ip }) => ip,
  });
  return async (request, { code, who, message = SENTENCES[code] }) => {
    const { method, routeOptions, caller } = request;
    const found = await failures(request);
    if (!found.isAllowed && found.isExceeded) {
      const retryAfter = Math.ceil(found.ttl / 1000);
      const sentence = `too many requests with wrong tokens; try again in ${retryAfter} s`;
      throw refusal('too-many-requests', sentence, { retryAfter });
    }
    const target = `${method} ${routeOptions.url ?? '?'}`;
    audit.add({ who, what: 'authorise', target, requestId: caller.requestId, outcome: code });
    throw refusal(code, message);
  };
}

const SENTENCES = {
  'token-missing': 'the request shows no token; send Authorization: Bearer with one of: spot token create NAME',
  'token-refused': 'the token is not known here, or was revoked; make one with: spot token create NAME',
} as const;

function bearerOf(header: string | undefined): string | null {
  return /^bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1] ?? null;
}
