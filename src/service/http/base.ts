import { fastify, type FastifyInstance } from 'fastify';
import type { AuditTable } from '../../state/audit.ts';
import type { Identified } from '../tokens.ts';
import { addAuthorisation, type Refuse } from './auth.ts';
import { createErrorHandler, refusal } from './errors.ts';
import { fastifyOptions } from './fastify-options.ts';
import { NOBODY } from './fastify-types.ts';
import { addLimits, type Limits } from './limits.ts';
import type { ListenAddress } from './listen-address.ts';
import { addOriginCheck } from './origin.ts';
import type { DoorLog } from './pino-log.ts';
import { logRequests } from './request-log.ts';
import type { Sessions } from './sessions.ts';
import type { TlsFiles } from './tls.ts';
import { useSchemas } from './validation.ts';

export interface BaseOptions {
  /** where it is going to listen: that decides who needs a token */
  readonly address: ListenAddress;
  readonly tls: TlsFiles | null;
  readonly limits: Limits;
  readonly log: DoorLog;
  /** unique, `rq-…` */
  readonly newRequestId: () => string;
  readonly audit: Pick<AuditTable, 'add'>;
  readonly identify: (token: string) => Identified;
  /** of the page; null where there is none */
  readonly sessions: Sessions | null;
  /** adds hooks that see every request, refused ones, too */
  readonly measure?: (app: FastifyInstance) => void;
}

/** A server that knows who asks, keeps limits, and has one shape for errors. */
export interface Base {
  readonly app: FastifyInstance;
  /** from the beginning of the server's end */
  readonly isClosing: () => boolean;
  readonly refuse: Refuse;
}

/** One without routes. Once it is being closed, requests on connections that are still open are answered with 503. */
export async function createBase(options: BaseOptions): Promise<Base> {
  const { address, limits, log } = options;
  const app = fastify(fastifyOptions(options)) as unknown as FastifyInstance;
  const isClosing = closingOf(app);
  app.decorateRequest('caller');
  app.setErrorHandler(createErrorHandler(log));
  app.addHook('onRequest', async (request, reply) => {
    request.caller = { name: NOBODY, requestId: request.id };
    void reply.headers({
      'x-request-id': request.id,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    if (isClosing() && request.routeOptions.url !== '/healthz') {
      throw refusal('stopping', 'the service is being stopped; try again at another one, or in a moment');
    }
  });
  useSchemas(app);
  logRequests(app, log);
  options.measure?.(app);
  await addLimits(app, limits);
  addOriginCheck(app, address);
  const refuse = addAuthorisation(app, options);
  return { app, isClosing, refuse };
}

function closingOf(app: FastifyInstance): () => boolean {
  let isClosing = false;
  app.addHook('preClose', async () => void (isClosing = true));
  return () => isClosing;
}

/** To be called once the document of the routes is being made: what is asked for in vain is limited, too. */
export function addNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async ({ method }) => {
    throw refusal('route-unknown', `there is no ${method} at this path; see what there is at GET /openapi.json`);
  });
}
