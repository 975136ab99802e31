import type { InferOutput } from 'valibot';
import type { CreateRequest, DeployRequest, PayloadSource } from '../api.ts';
import type { createParams, deployParams } from './params.ts';

type Sources = Pick<InferOutput<typeof deployParams>, 'payload_path' | 'payload' | 'payload_digest'>;

/** @param given validated: one source */
export function deployRequestOf(given: InferOutput<typeof deployParams>): DeployRequest {
  return {
    instanceIds: given.instance_ids,
    payload: sourceOf(given) as PayloadSource,
    remotePath: given.remote_path,
    execute: given.execute_payload,
    timeoutMs: msOf(given.timeout),
  };
}

export function createRequestOf(given: readonly InferOutput<typeof createParams>[]): CreateRequest {
  const instances = given.map((order) => ({
    provider: order.provider,
    region: order.region,
    size: order.size,
    name: order.name,
    payload: sourceOf(order),
    execute: order.execute_payload,
    remotePath: order.remote_path,
    timeoutMs: msOf(order.timeout),
  }));
  return { instances };
}

export function sourceOf({ payload_path, payload, payload_digest }: Sources): PayloadSource | null {
  if (payload_path !== null) return { path: payload_path };
  if (payload !== null) return { reference: payload };
  return payload_digest === null ? null : { digest: payload_digest };
}

export function msOf(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1000);
}
