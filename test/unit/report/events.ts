import type { AttemptResult, OutputFile, RunResult } from '../../../src/model/attempt.ts';
import type { RunEvent } from '../../../src/model/event.ts';
import { type Instance, newInstance } from '../../../src/model/instance.ts';
import type { Outcome, Step } from '../../../src/model/outcome.ts';
import { countOutcomes, exitCodeOf } from '../../../src/model/outcome.ts';
import { NOT_WATCHED, type Plan } from '../../../src/model/plan.ts';
import type { StragglerEvent } from '../../../src/report/words.ts';

/** When every run of these tests starts: 2026-01-02T03:04:05.000Z, ms. */
export const START = Date.UTC(2026, 0, 2, 3, 4, 5);

export function anInstance(instanceId: string, name: string | null = instanceId): Instance {
  return newInstance(instanceId, { name, publicIp: '10.0.0.1' }, '2026-01-01T00:00:00.000Z');
}

export function aPlan(instances: readonly Instance[], changes: Partial<Plan> = {}): Plan {
  return {
    runId: 'r-1',
    createdAt: '2026-01-02T03:04:05.000Z',
    payload: {
      digest: 'd1ge57',
      path: '/cache/payload.tar.gz',
      sizeBytes: 110_000,
      contentBytes: 200_000,
      fileCount: 2,
      manifest: {
        version: 'v1',
        interpreter: ['bash'],
        entrypoint: 'deploy.sh',
        environment: ['TOKEN'],
        files: [
          { type: 'directory', path: 'conf', mode: 0o755 },
          { type: 'file', path: 'conf/app.ini', sizeBytes: 12, mode: 0o644, sha256: 'ab' },
          { type: 'link', path: 'current', target: 'conf' },
        ],
        metadata: { name: 'deploy' },
      },
    },
    targets: instances.map((instance, index) => ({
      instance,
      host: { user: null, address: `10.0.0.${index + 1}`, port: null },
      stamp: '20260102030405_7',
    })),
    skipped: [],
    args: [],
    environment: ['TOKEN'],
    mode: 'run',
    remotePath: null,
    cleanup: false,
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

export function anOutput(path: string | null, tail = '', bytes = Buffer.byteLength(tail)): OutputFile {
  return { path, bytes, tail };
}

export function anAttempt(instance: Instance, outcome: Outcome, changes: Partial<AttemptResult> = {}): AttemptResult {
  return {
    instanceId: instance.instanceId,
    name: instance.name,
    address: '10.0.0.1',
    outcome,
    evidence: [],
    steps: [
      { name: 'connect', ms: 85, bytes: 0 },
      { name: 'upload', ms: 300, bytes: 110_000 },
      { name: 'execute', ms: 3815, bytes: 0 },
    ],
    remoteDir: null,
    stdout: anOutput(`/work/.spot/logs/r-1/${instance.instanceId}.out`),
    stderr: anOutput(`/work/.spot/logs/r-1/${instance.instanceId}.err`),
    rescue: null,
    ...changes,
  };
}

export function aResult(attempts: readonly AttemptResult[], durationMs = 14_000): RunResult {
  const kinds = attempts.map((attempt) => attempt.outcome.kind);
  return {
    runId: 'r-1',
    startedAt: new Date(START).toISOString(),
    finishedAt: new Date(START + durationMs).toISOString(),
    durationMs,
    attempts,
    running: [],
    counts: countOutcomes(kinds),
    exitCode: exitCodeOf(kinds),
  };
}

export const SUCCEEDED: Outcome = { kind: 'succeeded' };
export const REFUSED: Outcome = {
  kind: 'unreachable',
  error: { code: 'connection-refused', message: '10.0.0.1:22 refused the connection: check that sshd runs there' },
};

/** The events of a run, `ms` after its start. */
export const at = {
  runStarted: (plan: Plan): RunEvent => ({ type: 'run-started', at: START, plan, takenUp: false }),
  attemptStarted: (ms: number, instanceId: string): RunEvent => ({
    type: 'attempt-started',
    at: START + ms,
    instanceId,
  }),
  step: (ms: number, instanceId: string, step: Step): RunEvent => ({
    type: 'step-started',
    at: START + ms,
    instanceId,
    step,
  }),
  uploaded: (ms: number, instanceId: string, bytes: number, totalBytes: number | null = null): RunEvent => ({
    type: 'progress',
    at: START + ms,
    instanceId,
    step: 'upload',
    bytes,
    totalBytes,
  }),
  waiting: (ms: number, instanceId: string, step: Step, message: string): RunEvent => ({
    type: 'waiting',
    at: START + ms,
    instanceId,
    step,
    message,
  }),
  output: (
    ms: number,
    instanceId: string,
    chunk: string | Buffer,
    stream: 'stdout' | 'stderr' = 'stdout',
  ): RunEvent => ({ type: 'output', at: START + ms, instanceId, stream, chunk: Buffer.from(chunk) }),
  notice: (ms: number, instanceId: string | null, message: string): RunEvent => ({
    type: 'notice',
    at: START + ms,
    instanceId,
    message,
  }),
  interrupted: (ms: number, instanceId: string, leftMs: number): RunEvent => ({
    type: 'interruption',
    at: START + ms,
    instanceId,
    notice: { action: 'terminate', at: new Date(START + ms + leftMs).toISOString().replace('.000', '') },
  }),
  straggler: (ms: number, instanceId: string, more: Partial<StragglerEvent> = {}): RunEvent => ({
    type: 'straggler',
    at: START + ms,
    instanceId,
    elapsedMs: 31_000,
    medianMs: 8200,
    action: 'report',
    lastLine: 'pulling the image',
    silentMs: 29_000,
    ...more,
  }),
  finished: (ms: number, result: AttemptResult): RunEvent => ({ type: 'attempt-finished', at: START + ms, result }),
  runFinished: (result: RunResult): RunEvent => ({ type: 'run-finished', at: START + result.durationMs, result }),
};

/** Gathers what a report writes; looks like a terminal if told so. */
export function aWriter(size: { columns?: number; rows?: number; isTTY?: boolean } = {}) {
  const writes: string[] = [];
  return { ...size, writes, write: (text: string) => void writes.push(text), text: () => writes.join('') };
}
