import { fastify, type FastifyInstance } from 'fastify';
import type { DeploymentStatus } from '../../model/deployment.ts';
import type { AuditTable } from '../../state/audit.ts';
import type { TokenTable } from '../../state/tokens.ts';
import type { Clock } from '../../util/clock.ts';
import type { ServiceApi } from '../api.ts';
import { audited, auditedUploads } from '../audited.ts';
import type { PayloadUploads } from '../payloads/uploads.ts';
import { createRpcServer } from '../rpc/server.ts';
import { createIdentifier, type GivenToken } from '../tokens.ts';
import { addAuthorisation } from './auth.ts';
import { createErrorHandler, refusal } from './errors.ts';
import { fastifyOptions } from './fastify-options.ts';
import { NOBODY } from './fastify-types.ts';
import { addLimits, type Limits } from './limits.ts';
import type { ListenAddress } from './listen-address.ts';
import { createMetrics, measureRequests } from './metrics.ts';
import { addOpenApi } from './openapi.ts';
import { addOriginCheck } from './origin.ts';
import type { DoorLog } from './pino-log.ts';
import { logRequests } from './request-log.ts';
import { addRoutes } from './routes.ts';
import { addRpcRoute } from './rpc-route.ts';
import { runRoutes } from './runs.ts';
import { sseRoutes } from './sse.ts';
import { addSystemRoutes } from './system-routes.ts';
import type { TlsFiles } from './tls.ts';
import { uploadRoutes } from './uploads.ts';
import { useSchemas } from './validation.ts';

export interface ServerOptions {
  readonly api: ServiceApi;
  readonly uploads: PayloadUploads;
  readonly tokens: TokenTable;
  /** tokens that are not in the state */
  readonly givenTokens: readonly GivenToken[];
  readonly audit: AuditTable;
  readonly countDeployments: () => ReadonlyMap<DeploymentStatus, number>;
  /** where it is going to listen: that decides who needs a token */
  readonly address: ListenAddress;
  readonly tls: TlsFiles | null;
  readonly limits: Limits;
  readonly log: DoorLog;
  readonly clock: Clock;
  /** unique, `rq-…` */
  readonly newRequestId: () => string;
  /** of this program, for the OpenAPI document */
  readonly version: string;
}

/**
 * The service's doors on one server: JSON-RPC, HTTP, and what is asked by those who look after it. It does not listen yet:
 * see `listen`. Once it is being closed, requests on connections that are still open are answered with 503.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { address, audit, clock, limits, log } = options;
  const app = fastify(fastifyOptions(options)) as unknown as FastifyInstance;
  const api = audited(options.api, audit, log);
  const metrics = createMetrics(api, options.countDeployments);
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
  measureRequests(app, metrics.registry);
  await addLimits(app, limits);
  addOriginCheck(app, address);
  addAuthorisation(app, { address, audit, identify: createIdentifier(options.tokens, options.givenTokens, clock) });
  await addOpenApi(app, options.version);
  addNotFound(app);
  addRoutes(app, api);
  await app.register(runRoutes, { api });
  await app.register(sseRoutes, { api });
  await app.register(uploadRoutes, { uploads: auditedUploads(options.uploads, audit, log) });
  addSystemRoutes(app, { api, isClosing, registry: metrics.registry });
  await addRpcRoute(app, createRpcServer({ api, log, onCall: metrics.onCall }));
  return app;
}

/** From the beginning of the server's end. */
function closingOf(app: FastifyInstance): () => boolean {
  let isClosing = false;
  app.addHook('preClose', async () => void (isClosing = true));
  return () => isClosing;
}

function addNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async ({ method }) => {
    throw refusal('route-unknown', `there is no ${method} at this path; see what there is at GET /openapi.json`);
  });
}
