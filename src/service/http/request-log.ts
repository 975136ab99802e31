import type { FastifyInstance } from 'fastify';
import type { DoorLog } from './pino-log.ts';

/** One line for each request: who, what and how it ended; never what it held. A path may hold anything, a route not. */
export function logRequests(app: FastifyInstance, log: DoorLog): void {
  app.addHook('onResponse', async ({ method, routeOptions, caller }, { elapsedTime, statusCode }) => {
    const fields = {
      requestId: caller.requestId,
      who: caller.name,
      method,
      route: routeOptions.url ?? 'unknown',
      status: statusCode,
      ms: Math.round(elapsedTime * 10) / 10,
    };
    const isQuiet = routeOptions.config.quiet === true && statusCode < 400;
    if (isQuiet) log.debug('request', fields);
    else log.info('request', fields);
  });
}
