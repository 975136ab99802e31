import type { FastifyInstance } from 'fastify';
import type { DeploymentStatus } from '../../model/deployment.ts';
import type { AuditTable } from '../../state/audit.ts';
import type { TokenTable } from '../../state/tokens.ts';
import type { Clock } from '../../util/clock.ts';
import type { ServiceApi } from '../api.ts';
import { audited, auditedUploads } from '../audited.ts';
import type { PayloadUploads } from '../payloads/uploads.ts';
import { createRpcServer } from '../rpc/server.ts';
import { createIdentifier, type GivenToken } from '../tokens.ts';
import type { ViewApi } from '../view/api.ts';
import { addNotFound, createBase, type BaseOptions } from './base.ts';
import { createMetrics, measureRequests } from './metrics.ts';
import { addOpenApi } from './openapi.ts';
import { outputRoutes } from './output-routes.ts';
import { addRoutes } from './routes.ts';
import { addRpcRoute } from './rpc-route.ts';
import { runRoutes } from './runs.ts';
import { Sessions, tokenSignIn } from './sessions.ts';
import { sseRoutes } from './sse.ts';
import { addSystemRoutes } from './system-routes.ts';
import { addUiHeaders, uiRoutes, type UiOptions } from './ui-routes.ts';
import { uploadRoutes } from './uploads.ts';
import { viewRoutes } from './view-routes.ts';

export interface ServerOptions extends Pick<BaseOptions, 'address' | 'tls' | 'limits' | 'log' | 'newRequestId'> {
  readonly api: ServiceApi;
  readonly view: ViewApi;
  readonly uploads: PayloadUploads;
  readonly tokens: TokenTable;
  /** tokens that are not in the state */
  readonly givenTokens: readonly GivenToken[];
  readonly audit: AuditTable;
  readonly countDeployments: () => ReadonlyMap<DeploymentStatus, number>;
  readonly clock: Clock;
  /** of this program, for the OpenAPI document */
  readonly version: string;
  /** the page to look at; null: there is none */
  readonly ui: Pick<UiOptions, 'files' | 'place'> | null;
}

/**
 * The service's doors on one server: JSON-RPC, HTTP, and what is asked by those who look after it. It does not listen yet:
 * see `listen`. Once it is being closed, requests on connections that are still open are answered with 503.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { audit, clock, log, ui, view } = options;
  const api = audited(options.api, audit, log);
  const metrics = createMetrics(api, options.countDeployments);
  const identify = createIdentifier(options.tokens, options.givenTokens, clock);
  const sessions = ui === null ? null : new Sessions(clock, options.tls !== null);
  const { app, isClosing, refuse } = await createBase({
    ...options,
    identify,
    sessions,
    measure: (server) => {
      measureRequests(server, metrics.registry);
      if (ui !== null) addUiHeaders(server);
    },
  });
  await addOpenApi(app, options.version);
  addNotFound(app);
  addRoutes(app, api);
  await app.register(runRoutes, { api });
  await app.register(viewRoutes, { view });
  await app.register(outputRoutes, { view });
  await app.register(sseRoutes, { api });
  await app.register(uploadRoutes, { uploads: auditedUploads(options.uploads, audit, log) });
  if (sessions !== null && ui !== null) {
    await app.register(uiRoutes, { ...ui, sessions, refuse, signIn: tokenSignIn(identify) });
  }
  addSystemRoutes(app, { api, isClosing, registry: metrics.registry });
  await addRpcRoute(app, createRpcServer({ api, log, onCall: metrics.onCall }));
  return app;
}
