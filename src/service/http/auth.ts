import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditTable } from '../../state/audit.ts';
import type { Identified } from '../tokens.ts';
import { refusal } from './errors.ts';
import { NOBODY, SOCKET_CALLER } from './fastify-types.ts';
import type { ListenAddress } from './listen-address.ts';

/** Refused authorisations of one address in a minute, before they are not even looked at. */
const MOST_FAILURES = 10;
const FAILURE_WINDOW_MS = 60_000;

export interface AuthOptions {
  readonly address: ListenAddress;
  readonly identify: (token: string) => Identified;
  readonly audit: AuditTable;
}

/**
 * Every request but open ones has to show a token, unless it comes over the Unix socket, which only its owner can open.
 * A right token is let in however many wrong ones came from its address: else anyone beside it could lock it out. Wrong
 * ones are on record until they are too many.
 */
export function addAuthorisation(app: FastifyInstance, { address, identify, audit }: AuthOptions): void {
  const failures = app.createRateLimit({
    max: MOST_FAILURES,
    timeWindow: FAILURE_WINDOW_MS,
    keyGenerator: ({ ip }) => ip,
  });
  const refuse = async (request: FastifyRequest, code: 'token-missing' | 'token-refused', who: string) => {
    const { method, routeOptions, caller } = request;
    const found = await failures(request);
    if (!found.isAllowed && found.isExceeded) {
      const retryAfter = Math.ceil(found.ttl / 1000);
      const message = `too many requests with wrong tokens; try again in ${retryAfter} s`;
      throw refusal('too-many-requests', message, { retryAfter });
    }
    const target = `${method} ${routeOptions.url ?? '?'}`;
    audit.add({ who, what: 'authorise', target, requestId: caller.requestId, outcome: code });
    throw refusal(code, SENTENCES[code]);
  };
  app.addHook('onRequest', async (request) => {
    if (address.kind === 'socket') return void (request.caller = { ...request.caller, name: SOCKET_CALLER });
    if (request.routeOptions.config.open === true) return;
    const token = bearerOf(request.headers.authorization);
    if (token === null) return refuse(request, 'token-missing', NOBODY);
    const found = identify(token);
    if (found !== null && 'name' in found) return void (request.caller = { ...request.caller, name: found.name });
    return refuse(request, 'token-refused', found?.revoked ?? NOBODY);
  });
}

const SENTENCES = {
  'token-missing': 'the request shows no token; send Authorization: Bearer with one of: spot token create NAME',
  'token-refused': 'the token is not known here, or was revoked; make one with: spot token create NAME',
} as const;

function bearerOf(header: string | undefined): string | null {
  return /^bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1] ?? null;
}
