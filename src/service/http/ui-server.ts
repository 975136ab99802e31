import type { FastifyInstance } from 'fastify';
import type { ServiceApi } from '../api.ts';
import type { ViewApi } from '../view/api.ts';
import { addNotFound, createBase, type BaseOptions } from './base.ts';
import { outputRoutes } from './output-routes.ts';
import { Sessions } from './sessions.ts';
import { sseRoutes } from './sse.ts';
import { addUiHeaders, uiRoutes, type UiOptions } from './ui-routes.ts';
import { viewRoutes } from './view-routes.ts';
import type { Clock } from '../../util/clock.ts';

export interface UiServerOptions
  extends Pick<BaseOptions, 'address' | 'limits' | 'log' | 'newRequestId'>, Omit<UiOptions, 'sessions'> {
  readonly view: ViewApi;
  readonly runs: Pick<ServiceApi, 'run' | 'events'>;
  readonly clock: Clock;
}

/** The page alone, and what it shows: nothing can be asked for that changes anything, and no token opens it. */
export async function createUiServer(options: UiServerOptions): Promise<FastifyInstance> {
  const { view, runs, clock } = options;
  const sessions = new Sessions(clock, false);
  const { app, refuse } = await createBase({
    ...options,
    tls: null,
    sessions,
    identify: () => null,
    audit: { add: () => undefined },
    measure: addUiHeaders,
  });
  addNotFound(app);
  await app.register(viewRoutes, { view });
  await app.register(outputRoutes, { view });
  await app.register(sseRoutes, { api: runs });
  await app.register(uiRoutes, { ...options, sessions, refuse });
  return app;
}
