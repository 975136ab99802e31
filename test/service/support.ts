import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { SpotError } from '../../src/model/errors.ts';
import { type Instance, newInstance } from '../../src/model/instance.ts';
import { NOT_WATCHED } from '../../src/model/plan.ts';
import { PayloadStore } from '../../src/payload/store.ts';
import { createStamps, makeRunId } from '../../src/run/stamps.ts';
import type { DeployRequest, RunRequest, ServiceApi } from '../../src/service/api.ts';
import type { ServiceDeps } from '../../src/service/deps.ts';
import { type EventLog, openEventLog } from '../../src/service/events/log.ts';
import { createResolver } from '../../src/service/payloads/resolver.ts';
import { openQueue } from '../../src/service/queue/open.ts';
import type { JobQueue } from '../../src/service/queue/queue.ts';
import { createService } from '../../src/service/service.ts';
import type { ServiceSettings } from '../../src/service/settings.ts';
import { openState, type State } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { addVersion, type VersionOptions } from '../state/payloads.ts';
import { databaseOfTest } from '../state/support.ts';

export const CALLER = { name: 'ci', requestId: 'rq-1' } as const;

export const SETTINGS: ServiceSettings = {
  limits: {
    connectTimeoutMs: 10_000,
    uploadTimeoutMs: 60_000,
    executionTimeoutMs: 300_000,
    killGraceMs: 10_000,
    leaseMs: null,
    concurrency: 50,
  },
  retries: 2,
  readyTimeoutMs: 180_000,
  transfer: 'auto',
  interruption: NOT_WATCHED,
  username: 'ubuntu',
  tags: {},
  hostName: 'build-1',
};

/** A service without an executor: real state, queue, payloads and events. */
export interface Fixture {
  readonly state: State;
  readonly deps: ServiceDeps;
  readonly service: ServiceApi;
  readonly events: EventLog;
  readonly queue: JobQueue;
  /** instances with addresses of their own, unless told otherwise, in the fleet */
  add(...ids: (string | Instance)[]): void;
  /** @returns the path of a script that requests may name */
  script(name: string, text?: string): string;
  /** registers a payload with that environment */
  register(name: string, options?: Partial<VersionOptions>): Promise<void>;
}

export async function openFixture(changes: Partial<ServiceDeps> = {}): Promise<Fixture> {
  const folder = tempDir();
  const [stateDir, root] = [join(folder, 'state'), join(folder, 'payloads')];
  mkdirSync(root);
  const clock = systemClock;
  const database = databaseOfTest();
  const state = openState(stateDir, { clock, database });
  const queue = await openQueue({ state, database, clock, random: Math.random });
  const store = new PayloadStore(stateDir, state.payloads);
  const fence = { roots: [root], maxBytes: 2 ** 21 };
  const events = openEventLog(state.runEvents, { runs: state.runs, clock, onProblem: throwIt });
  onTestFinished(() => {
    events.close();
    state.close();
  });
  const deps: ServiceDeps = {
    state,
    queue,
    payloads: createResolver({ table: state.payloads, store, keep: 5, fence, clock, warn: throwIt }),
    events,
    settings: SETTINGS,
    clock,
    random: Math.random,
    pid: process.pid,
    names: { runId: () => makeRunId(clock, Math.random, 8), stamp: createStamps(clock, process.pid) },
    openCloud: () => Promise.reject(new Error('no cloud was expected')),
    stopping: new AbortController().signal,
    ...changes,
  };
  return {
    state,
    deps,
    service: createService(deps),
    events,
    queue,
    add: (...given) => state.instances.add(given.map(instanceOf)),
    script: (name, text = '#!/bin/sh\necho hello\n') => {
      writeFileSync(join(root, name), text);
      return join(root, name);
    },
    register: async (name, options = {}) => {
      await addVersion(state, stateDir, { name, text: `echo ${name}\n`, ...options });
    },
  };
}

function throwIt(problem: unknown): never {
  throw problem instanceof Error ? problem : new Error(String(problem));
}

let made = 0;

function instanceOf(given: string | Instance): Instance {
  if (typeof given !== 'string') return given;
  made += 1;
  return newInstance(given, { publicIp: `10.0.${made >> 8}.${made & 255}` });
}

export function deployOf(
  path: string,
  instanceIds: readonly string[],
  changes: Partial<DeployRequest> = {},
): DeployRequest {
  return { instanceIds, payload: { path }, remotePath: null, execute: true, timeoutMs: null, ...changes };
}

export function runOf(path: string, instanceIds: readonly string[], changes: Partial<RunRequest> = {}): RunRequest {
  return {
    ...deployOf(path, instanceIds),
    args: [],
    environment: new Map(),
    cleanup: false,
    exclusive: false,
    retries: null,
    readyTimeoutMs: null,
    ...changes,
  };
}

/** What it is refused with. */
export async function refusalOf(work: () => unknown): Promise<SpotError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof SpotError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** All that a request may have written, by table. */
export function contentOf({ state, deps }: Fixture): object {
  const all = { limit: 1000, before: null };
  return {
    runs: state.runs.list().map(({ id }) => id),
    deployments: state.deployments.list({ ...all, instanceId: null }),
    tasks: state.tasks.list({ ...all, deploymentId: null, status: null }),
    queue: deps.queue.counts(),
  };
}
