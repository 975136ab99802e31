import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { ServiceApi } from '../api.ts';
import { healthAnswer } from './answers.ts';

export interface SystemOptions {
  readonly api: ServiceApi;
  readonly isClosing: () => boolean;
  readonly registry: Registry;
}

/** What those ask for who look after the service. */
export function addSystemRoutes(app: FastifyInstance, { api, isClosing, registry }: SystemOptions): void {
  app.get(
    '/healthz',
    {
      config: { open: true, quiet: true },
      schema: {
        summary: 'Whether requests are taken; needs no token',
        response: { 200: healthAnswer, 503: healthAnswer },
        security: [],
      },
    },
    async (_request, reply) => {
      const status = isClosing() ? 'stopping' : api.health().status;
      return reply.code(status === 'ok' ? 200 : 503).send({ status });
    },
  );
  app.get(
    '/metrics',
    { config: { quiet: true }, schema: { summary: 'Figures for Prometheus', produces: ['text/plain'] } },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
  app.get('/openapi.json', { schema: { summary: 'This document' } }, async () => app.swagger());
}
