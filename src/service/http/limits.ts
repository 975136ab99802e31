import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify';
import { refusal } from './errors.ts';
import { NOBODY } from './fastify-types.ts';

/** Of a request that is no upload, bytes. */
export const BODY_LIMIT = 1024 * 1024;
/** An upload may take that many times as long. */
const UPLOAD_FACTOR = 20;
const KEEP_ALIVE_MS = 72_000;

export interface Limits {
  /** requests a second that one client may make */
  readonly rateLimit: number;
  /** for a request to arrive and to be answered, ms */
  readonly requestTimeoutMs: number;
}

/** Limits that Node's server and fastify keep by themselves. */
export function serverLimits({ requestTimeoutMs }: Limits): FastifyServerOptions {
  return {
    bodyLimit: BODY_LIMIT,
    // of the whole request; all but uploads have a shorter one below
    requestTimeout: requestTimeoutMs * UPLOAD_FACTOR,
    // a connection that says nothing, and is told nothing
    connectionTimeout: Math.max(KEEP_ALIVE_MS, requestTimeoutMs * 2),
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: 500 },
  };
}

/** Of Node's server alone: how long the head of a request may take, and how often that is looked at. */
export function headLimits({ requestTimeoutMs }: Limits): {
  headersTimeout: number;
  connectionsCheckingInterval: number;
} {
  const connectionsCheckingInterval = Math.min(5000, Math.max(50, Math.floor(requestTimeoutMs / 4)));
  return { headersTimeout: requestTimeoutMs, connectionsCheckingInterval };
}

/** Limits of each route. To be called, and awaited, before there are any. */
export async function addLimits(app: FastifyInstance, { rateLimit: max, requestTimeoutMs }: Limits): Promise<void> {
  await app.register(rateLimit, {
    max,
    timeWindow: 1000,
    keyGenerator: ({ caller: { name }, ip }) => (name === NOBODY ? `address ${ip}` : `caller ${name}`),
    errorResponseBuilder: () =>
      refusal('too-many-requests', `more than ${max} requests in a second; wait a second, or raise service.rate_limit`),
  });
  addTimeLimits(app, requestTimeoutMs);
}

/** Fastify's own limit of handlers ends, on Node 20, as soon as the body has been read. */
function addTimeLimits(app: FastifyInstance, requestTimeoutMs: number): void {
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  app.addHook('onRequest', async (request, reply) => {
    const { timeLimit } = request.routeOptions.config;
    if (timeLimit === 'none') return void request.raw.socket.setTimeout(0);
    const answer = (): void => {
      if (reply.sent) return;
      void reply.send(refusal('request-timeout', 'it takes too long; look what has come of it, or try again'));
    };
    timers.set(request, setTimeout(answer, requestTimeoutMs * (timeLimit === 'upload' ? UPLOAD_FACTOR : 1)));
  });
  app.addHook('onResponse', async (request) => clearTimeout(timers.get(request)));
}
