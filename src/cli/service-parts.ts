import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { createFates } from '../fleet/fates.ts';
import { createLookUps } from '../fleet/look-ups.ts';
import type { Cloud } from '../inventory/cloud.ts';
import type { CreationRequest } from '../model/creation.ts';
import type { CreationOrder } from '../model/deployment.ts';
import { SpotError } from '../model/errors.ts';
import { PayloadStore } from '../payload/store.ts';
import { createStamps, makeRunId } from '../run/stamps.ts';
import type { ServiceApi } from '../service/api.ts';
import { openEventLog, type EventLog } from '../service/events/log.ts';
import { createCreator } from '../service/executor/creator.ts';
import type { ExecutorDeps } from '../service/executor/deps.ts';
import { Executor } from '../service/executor/executor.ts';
import { createPlanner } from '../service/executor/planner.ts';
import type { ServiceLog } from '../service/log.ts';
import { createResolver } from '../service/payloads/resolver.ts';
import { createUploads, type PayloadUploads } from '../service/payloads/uploads.ts';
import { openQueue } from '../service/queue/open.ts';
import type { JobQueue, Working } from '../service/queue/queue.ts';
import { createService } from '../service/service.ts';
import type { ServiceSettings } from '../service/settings.ts';
import type { State } from '../state/state.ts';
import type { Keyring } from '../transport/ssh/keyring.ts';
import { findPublicKey } from '../transport/ssh/public-key.ts';
import type { SshTransport } from '../transport/ssh/ssh-transport.ts';
import { openCloud } from './cloud.ts';
import { requestOf } from './creation-request.ts';
import type { Io } from './io.ts';
import { instancesAtOnce } from './open-files.ts';
import { keepServiceHistoryShort, logsDirOf } from './retention.ts';
import { openKeyring, openSshTransport } from './ssh.ts';

/** What a service is made of, with a door or without. */
export interface ServiceParts {
  readonly api: ServiceApi;
  readonly uploads: PayloadUploads;
  readonly queue: JobQueue;
  readonly events: EventLog;
  /** Begins to do what is in the queue. @throws SpotError (exit 78) where no instance could be logged in to */
  startWorking(): Promise<Working>;
  /** Nothing is taken on any more from here on; after the last answer, and after the work has been stopped. */
  close(): Promise<void>;
}

export interface ServicePartsRequest {
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
  readonly log: ServiceLog;
}

/** Eight hex digits of chance: a service makes many runs in a second. */
const RUN_ID_DIGITS = 8;
/** Of TEST-NET-1 (RFC 5737): stands for any instance. */
const ANY_ADDRESS = '192.0.2.1';

/** Puts a service together, as the configuration says. Whoever opens it closes it. */
export async function openServiceParts(request: ServicePartsRequest): Promise<ServiceParts> {
  const { config, state, io } = request;
  const shared = await openShared(request);
  const { queue, events, payloads, planning, registry, cloud, transport, fates } = shared;
  const stopping = new AbortController();
  const openOwnCloud = (): Promise<Cloud> => openCloud(config, io);
  const serviceDeps = { ...planning, queue, payloads, events, openCloud: openOwnCloud, stopping: stopping.signal };
  const executor = new Executor(executorDeps(request, shared), queue);
  return {
    api: heardAtOnce(createService(serviceDeps), executor, state),
    uploads: createUploads({ ...registry, maxBytes: config.service.uploadMaxBytes }),
    queue,
    events,
    startWorking: () => startWorking(executor, transport, request),
    close: async () => {
      stopping.abort();
      events.close();
      await transport.close();
      await fates.close();
      await cloud.close();
    },
  };
}

type Shared = Awaited<ReturnType<typeof openShared>>;

/** What takes orders and what carries them out have in common. */
async function openShared(request: ServicePartsRequest) {
  const { config, state, io, log } = request;
  const { clock, random, pid } = io;
  const names = { runId: () => makeRunId(clock, random, RUN_ID_DIGITS), stamp: createStamps(clock, pid) };
  const onProblem = (error: unknown): void => log.error('events of runs could not be written yet', { error });
  const store = new PayloadStore(config.stateDir, state.payloads);
  const registry = { table: state.payloads, store, keep: config.payloads.keep, clock };
  const fence = { roots: config.service.payloadRoots, maxBytes: config.service.payloadMaxBytes };
  const keyring = openKeyring(io);
  return {
    queue: await openQueue({ state, database: config.database, clock, random }),
    events: openEventLog(state.runEvents, { runs: state.runs, clock, onProblem }),
    registry,
    payloads: createResolver({ ...registry, fence, warn: (message) => log.warn(message) }),
    planning: { state, settings: settingsOf(config), clock, random, pid, names },
    cloud: sharedCloud(request),
    keyring,
    transport: await openSshTransport(config, state, io, keyring),
    fates: createFates(() => openCloud(config, io), clock),
  };
}

function executorDeps(request: ServicePartsRequest, shared: Shared): ExecutorDeps {
  const { config, state, io, log } = request;
  const { clock, random } = io;
  const { payloads, events, planning, cloud, transport, fates, keyring } = shared;
  const getCloud = (): Promise<Cloud> => cloud.get();
  const { addressService } = config.aws;
  const requestFor = (order: CreationOrder, token: string): Promise<CreationRequest> =>
    creationOf(order, token, request, keyring);
  return {
    state,
    payloads,
    events,
    log,
    transport,
    fates,
    lookUps: createLookUps({ cloud: getCloud, state, clock }),
    creator: createCreator({ state, cloud: getCloud, requestFor, addressService, log, clock }),
    planner: createPlanner({ ...planning, payloads, events }),
    clock,
    random,
    stamp: planning.names.stamp,
    logsDirOf: (runId) => logsDirOf(config, runId),
    readyTimeoutMs: config.limits.readyTimeoutMs,
    keepHistoryShort: () => forget(request),
  };
}

async function startWorking(
  executor: Executor,
  transport: SshTransport,
  { config, io, log }: ServicePartsRequest,
): Promise<Working> {
  await warnOfLogin(transport, config, log);
  const { concurrency, leaseMs } = config.service;
  return executor.start({ concurrency: instancesAtOnce(concurrency, io), leaseMs });
}

/** Hosts may have a key of their own in ssh_config: one without any fails when its turn comes, and stops nobody else. */
async function warnOfLogin(transport: SshTransport, { aws }: Config, log: ServiceLog): Promise<void> {
  try {
    const notices = await transport.prepare([{ user: aws.username, address: ANY_ADDRESS, port: null }]);
    for (const notice of notices) log.warn(notice);
  } catch (error) {
    if (!(error instanceof SpotError)) throw error;
    log.warn(`hosts that ssh_config gives no key of their own: ${error.message}`);
  }
}

/** Whoever cancels something that this process works on does not wait until it is looked for. */
function heardAtOnce(api: ServiceApi, executor: Executor, state: State): ServiceApi {
  return {
    ...api,
    cancel: async (id, caller) => {
      const deployment = await api.cancel(id, caller);
      executor.hearCancelled(id);
      return deployment;
    },
    cancelRun: async (runId, caller) => {
      await api.cancelRun(runId, caller);
      for (const id of state.deployments.openOfRun(runId).values()) executor.hearCancelled(id);
    },
  };
}

function settingsOf({ aws, limits, ssh, interruption }: Config): ServiceSettings {
  const { retries, readyTimeoutMs } = limits;
  return {
    limits,
    retries,
    readyTimeoutMs,
    transfer: ssh.transfer,
    interruption,
    username: aws.username,
    tags: aws.tags,
    hostName: hostname(),
  };
}

/** What an order means as the service is configured. @throws SpotError for what makes no sense, or without a key */
async function creationOf(
  { region, size, name }: CreationOrder,
  clientToken: string,
  { config, io }: ServicePartsRequest,
  keyring: Keyring,
): Promise<CreationRequest> {
  const { publicSshKeyPath: publicKeyPath, privateSshKeyPath: privateKeyPath } = config.aws;
  const agentSocket = io.env['SSH_AUTH_SOCK'] || null;
  const publicKey = await findPublicKey({ publicKeyPath, privateKeyPath, home: io.home, agentSocket }, keyring);
  const aws = { ...config.aws, regions: [region], instanceTypes: [size] };
  return { ...requestOf({ clientToken, ...(name !== null && { name }) }, { ...config, aws }, null), publicKey };
}

/** One for all who ask; opened for the first. */
function sharedCloud({ config, io }: ServicePartsRequest): { get(): Promise<Cloud>; close(): Promise<void> } {
  let opened: Promise<Cloud> | null = null;
  return {
    get: () => {
      opened ??= openCloud(config, io).catch((error: unknown) => {
        opened = null;
        throw error;
      });
      return opened;
    },
    close: async () => {
      const cloud = await opened?.catch(() => null);
      cloud?.close();
    },
  };
}

/** Fails no deployment. */
async function forget({ config, state, io, log }: ServicePartsRequest): Promise<void> {
  try {
    const { problems } = await keepServiceHistoryShort(config, state, io);
    for (const problem of problems) log.warn(problem);
  } catch (error) {
    log.warn('old runs were not pruned', { error });
  }
}
