import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DEPLOYMENT_STATUSES, type DeploymentStatus } from '../../model/deployment.ts';
import type { Health, ServiceApi } from '../api.ts';
import type { RpcCall } from '../rpc/server.ts';

/** Seconds. Most answers are there within milliseconds; the last one is the default of service.request_timeout. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface Metrics {
  readonly registry: Registry;
  readonly onCall: (call: RpcCall) => void;
}

/** What is counted and measured, under names that stay. What is asked of the service is asked when somebody looks. */
export function createMetrics(api: ServiceApi, countDeployments: () => ReadonlyMap<DeploymentStatus, number>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addQueueMetrics(registry, () => api.health());
  new Gauge({
    name: 'spot_deployments',
    help: 'Deployments in the state, by status; completed and failed are ends.',
    labelNames: ['status'],
    registers: [registry],
    collect() {
      const counts = countDeployments();
      for (const status of DEPLOYMENT_STATUSES) this.set({ status }, counts.get(status) ?? 0);
    },
  });
  const calls = new Counter({
    name: 'spot_rpc_calls_total',
    help: 'Calls by JSON-RPC, by method and outcome: ok, or the code of the problem.',
    labelNames: ['method', 'outcome'],
    registers: [registry],
  });
  return { registry, onCall: ({ method, outcome }) => calls.inc({ method, outcome }) };
}

function addQueueMetrics(registry: Registry, health: () => Health): void {
  new Gauge({
    name: 'spot_queue_keys',
    help: 'Deployments that have something left to do: due, put off, or claimed by a worker.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { due, putOff, claimed } = health().queue;
      this.set({ state: 'due' }, due);
      this.set({ state: 'put_off' }, putOff);
      this.set({ state: 'claimed' }, claimed);
    },
  });
  new Gauge({
    name: 'spot_workers',
    help: 'Workers whose lease has not run out.',
    registers: [registry],
    collect() {
      this.set(health().workers);
    },
  });
}

/** Requests by route, not by path: ids would make a series each. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const durations = new Histogram({
    name: 'spot_http_request_duration_seconds',
    help: 'Requests, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  app.addHook('onResponse', async ({ method, routeOptions }, { elapsedTime, statusCode }) => {
    const labels = { method, route: routeOptions.url ?? 'unknown', status: statusCode };
    durations.observe(labels, elapsedTime / 1000);
  });
}
