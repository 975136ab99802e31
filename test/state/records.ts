import type { AttemptResult } from '../../src/model/attempt.ts';
import { type Instance, newInstance } from '../../src/model/instance.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { NOT_WATCHED, type Plan } from '../../src/model/plan.ts';

/** The moment at which everything in these tests happens. */
export const NOW = '2026-07-01T12:00:00.000Z';

export function anInstance(instanceId: string, changes: Partial<Instance> = {}): Instance {
  return newInstance(instanceId, { publicIp: '10.0.0.1', ...changes }, NOW);
}

export function aPlan(runId: string, instances: readonly Instance[], changes: Partial<Plan> = {}): Plan {
  return {
    runId,
    createdAt: NOW,
    payload: {
      digest: 'ab12',
      path: '/var/spot/ab12.tar.gz',
      sizeBytes: 4096,
      contentBytes: 9000,
      fileCount: 0,
      manifest: {
        version: 'v1',
        interpreter: ['bash'],
        entrypoint: 'deploy.sh',
        environment: ['TOKEN'],
        files: [],
        metadata: { name: 'deploy' },
      },
    },
    targets: instances.map((instance, index) => ({
      instance,
      host: { user: 'ubuntu', address: instance.publicIp ?? '', port: 2222 },
      stamp: `1782900000_${100 + index}`,
    })),
    skipped: [],
    args: ['--fast', 'a b'],
    environment: ['TOKEN'],
    mode: 'run',
    remotePath: null,
    cleanup: true,
    retries: 2,
    readyTimeoutMs: null,
    tracksPayload: false,
    holder: null,
    useCache: true,
    detached: false,
    transfer: 'auto',
    rollout: { waves: [instances.length], pauseMs: 0, maxFailures: null },
    interruption: NOT_WATCHED,
    limits: {
      connectTimeoutMs: 10_000,
      uploadTimeoutMs: 60_000,
      executionTimeoutMs: 300_000,
      killGraceMs: 10_000,
      leaseMs: null,
      concurrency: 100,
    },
    ...changes,
  };
}

export function aResult(instanceId: string, outcome: Outcome): AttemptResult {
  return {
    instanceId,
    name: null,
    address: '10.0.0.1',
    outcome,
    evidence: ['killed 4 processes'],
    steps: [{ name: 'connect', ms: 85.5, bytes: 0 }],
    remoteDir: '/tmp/deploy_files_1_2',
    stdout: { path: '/logs/out', bytes: 12, tail: 'hi' },
    stderr: { path: null, bytes: 0, tail: '' },
    rescue: null,
  };
}
