import type { RunEvent } from '../../model/event.ts';
import { newInstance } from '../../model/instance.ts';
import { NOT_WATCHED, type Plan } from '../../model/plan.ts';
import { payloadDocument, skipDocument } from '../../report/json.ts';
import type { StartedDocument } from './document.ts';

export function startedFields(event: Extract<RunEvent, { type: 'run-started' }>): object {
  const { plan, takenUp, onlyWaits = false } = event;
  return {
    mode: plan.mode,
    payload: { name: plan.payload.manifest.metadata.name, ...payloadDocument(plan.payload) },
    instances: plan.targets.map(({ instance, host }) => ({
      instance_id: instance.instanceId,
      name: instance.name,
      address: host.address,
    })),
    skipped: plan.skipped.map(skipDocument),
    taken_up: takenUp,
    only_waits: onlyWaits,
  };
}

/** A plan to look at; nobody can carry it out. */
export function planOf(document: StartedDocument): Plan {
  const { run_id: runId, at, mode, payload, instances, skipped } = document;
  return {
    runId,
    createdAt: at,
    payload: {
      digest: payload.digest,
      path: '',
      sizeBytes: payload.size_bytes,
      contentBytes: payload.size_bytes,
      fileCount: payload.files,
      manifest: {
        version: 'v1',
        interpreter: [],
        entrypoint: '',
        environment: [],
        files: [],
        metadata: { name: payload.name },
      },
    },
    targets: instances.map(({ instance_id, name, address }) => ({
      instance: newInstance(instance_id, { name, publicIp: address }),
      host: { user: null, address, port: null },
      stamp: '',
    })),
    skipped: skipped.map(({ instance_id, reason }) => ({ instance: newInstance(instance_id, {}), reason })),
    ...UNTOLD,
    mode,
    rollout: { waves: [instances.length], pauseMs: 0, maxFailures: null },
  };
}

/** What no report looks at. */
const UNTOLD = {
  args: [],
  environment: [],
  remotePath: null,
  cleanup: false,
  transfer: 'auto',
  limits: {
    connectTimeoutMs: 0,
    uploadTimeoutMs: 0,
    executionTimeoutMs: 0,
    killGraceMs: 0,
    leaseMs: null,
    concurrency: 0,
  },
  interruption: NOT_WATCHED,
  retries: 0,
  readyTimeoutMs: null,
  tracksPayload: false,
  holder: null,
  useCache: false,
  detached: false,
} as const satisfies Partial<Plan>;
