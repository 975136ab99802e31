import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import type { PayloadReference } from '../../src/model/deployment.ts';
import { SpotError } from '../../src/model/errors.ts';
import { countOutcomes } from '../../src/model/outcome.ts';
import { PayloadStore } from '../../src/payload/store.ts';
import type { RunRequest, ServiceApi } from '../../src/service/api.ts';
import { runUnknown } from '../../src/service/cancel.ts';
import { parseServiceAddress, type ServiceAddress } from '../../src/service/client/address.ts';
import { type EventLog, openEventLog } from '../../src/service/events/log.ts';
import type { ListenAddress } from '../../src/service/http/listen-address.ts';
import { listen } from '../../src/service/http/listen.ts';
import { createServer } from '../../src/service/http/server.ts';
import { createView } from '../../src/service/view/view.ts';
import { selectFleet } from '../../src/service/select-fleet.ts';
import { openState, type State } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';
import { Secret } from '../../src/util/secret.ts';
import { tempDir } from '../helpers/temp-dir.ts';

export const TOKEN = 'spot_a-token-of-the-tests-that-is-long-enough';
export const PAYLOAD: PayloadReference = { name: 'deploy', version: 3, digest: 'ab'.repeat(32) };

/** The doors of a service, with a real log of events behind them; of what is started it only takes notes. */
export interface Door {
  readonly app: FastifyInstance;
  readonly state: State;
  readonly events: EventLog;
  readonly address: ServiceAddress;
  readonly started: RunRequest[];
  readonly cancelled: string[];
  /** bytes of the archives that were taken in, and of those that were not */
  readonly uploads: { readonly taken: number[]; readonly broken: number[] };
}

export interface DoorOptions {
  readonly at?: ListenAddress;
  /** instead of taking a note of it */
  readonly startRun?: ServiceApi['startRun'];
  /** of an upload, bytes */
  readonly uploadMaxBytes?: number;
}

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export async function openDoor(options: DoorOptions = {}): Promise<Door> {
  const { at = { kind: 'tcp', host: '127.0.0.1', port: 0 } } = options;
  const folder = tempDir();
  const state = openState(folder, { clock: systemClock });
  const onProblem = (error: unknown): never => {
    throw error;
  };
  const events = openEventLog(state.runEvents, { runs: state.runs, clock: systemClock, onProblem });
  const notes = { started: [] as RunRequest[], cancelled: [] as string[], uploads: { taken: [], broken: [] } };
  const app = await createServer({
    api: apiOf(state, events, notes, options),
    uploads: { accept: (content) => takeIn(content, notes.uploads, options.uploadMaxBytes ?? 1_000_000) },
    tokens: state.tokens,
    givenTokens: [{ name: 'tests', token: new Secret(TOKEN) }],
    audit: state.audit,
    countDeployments: () => new Map(),
    address: at,
    tls: null,
    view: createView({
      state,
      store: new PayloadStore(folder, state.payloads),
      logsDir: join(folder, 'logs'),
      clock: systemClock,
    }),
    ui: null,
    limits: { rateLimit: 100_000, requestTimeoutMs: 30_000 },
    log: SILENT,
    clock: systemClock,
    newRequestId: () => `rq-${randomUUID()}`,
    version: '0.0.0',
  });
  onTestFinished(async () => {
    await app.close();
    events.close();
    state.close();
  });
  const where = await listen(app, at);
  return { app, state, events, address: parseServiceAddress(where, '/'), ...notes };
}

function apiOf(
  state: State,
  events: EventLog,
  { started, cancelled }: Pick<Door, 'started' | 'cancelled'>,
  { startRun }: DoorOptions,
): ServiceApi {
  const find = (runId: string) => {
    const run = state.runs.find(runId);
    if (run === null) throw runUnknown(runId);
    return run;
  };
  const parts: Partial<ServiceApi> = {
    select: (words) => selectFleet(words, { state, settings: { tags: {} } }),
    run: (runId) => {
      const { id, mode, payloadName: name, payloadDigest: digest, payloadBytes: sizeBytes, ...run } = find(runId);
      const { instances, outcomes } = state.runs.tally(runId);
      const payload = { name, digest, sizeBytes, files: run.plan.fileCount };
      const { createdAt, finishedAt, exitCode } = run;
      return { id, mode, payload, createdAt, finishedAt, exitCode, instances, counts: countOutcomes(outcomes) };
    },
    startRun:
      startRun ??
      (async (request) => {
        started.push(request);
        const errors = [{ code: 'instance-not-running', message: 'it is stopped', instance: 'i-9' }];
        return { runId: 'r1', payload: PAYLOAD, deployments: [], taskIds: [], errors };
      }),
    cancelRun: async (runId) => {
      cancelled.push(find(runId).id);
    },
    events: (runId, after, signal) => events.follow(find(runId).id, after, signal),
    health: () => ({ status: 'ok', queue: { due: 0, putOff: 0, claimed: 0 }, workers: 0 }),
  };
  return parts as ServiceApi;
}

async function takeIn(
  content: AsyncIterable<Buffer>,
  { taken, broken }: Door['uploads'],
  maxBytes: number,
): Promise<PayloadReference> {
  let bytes = 0;
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new SpotError('payload-too-large', 'the archive is too large', { exitCode: 66 });
    }
    taken.push(bytes);
    return PAYLOAD;
  } catch (error) {
    broken.push(bytes);
    throw error;
  }
}
