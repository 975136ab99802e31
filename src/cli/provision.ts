import type { Config } from '../config/config.ts';
import { type Arrivals, awaitRunning } from '../fleet/await-running.ts';
import { claimCreation, makeCreationId } from '../fleet/claim-creation.ts';
import type { Ordered } from '../fleet/order-instances.ts';
import { provision as orderAll } from '../fleet/provision.ts';
import type { Cloud } from '../inventory/cloud.ts';
import type { Creation, CreationRequest } from '../model/creation.ts';
import { CREATION_TAG } from '../model/creation.ts';
import { noInstanceError, SpotError, usageError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { Claim } from '../state/creations.ts';
import type { State } from '../state/state.ts';
import { formatAge, plural } from '../util/format.ts';
import { type CreateProgress, showCreation } from './create-progress.ts';
import type { Io } from './io.ts';
import { firstOf } from './several.ts';

/** From the order until an instance runs, ms: EC2 mostly takes less than a minute. */
const RUNNING_TIMEOUT_MS = 10 * 60_000;

export interface ProvisionRequest {
  readonly request: CreationRequest;
  readonly userData: Buffer | null;
  /** false: it is over when EC2 has taken the orders */
  readonly waits: boolean;
  readonly quiet: boolean;
  readonly config: Config;
  readonly cloud: Cloud;
  readonly state: State;
  readonly io: Io;
}

/** What came of it. */
export interface Provisioned {
  readonly creationId: string;
  /** an earlier client began it */
  readonly isResumed: boolean;
  readonly ordered: readonly Ordered[];
  /** null where nobody waited */
  readonly arrivals: Arrivals | null;
}

/**
 * Creates instances and waits until they run; shows it, and listens for signals.
 * @throws SpotError that says what exists by then and how to go on; (exit 130, 143) at a signal
 */
export async function provision(order: ProvisionRequest): Promise<Provisioned> {
  const { request, cloud, state, io } = order;
  const newId = (): string => makeCreationId(io.clock.now(), io.random);
  const claim = requireOurs(await claimCreation(request, state.creations, cloud, newId));
  sayWhatBegins(claim, order);
  const progress = showCreation(request.count, order.quiet, io);
  const stop = new Stop(progress, io);
  try {
    return await carryOut(claim, order, progress, stop.signal);
  } catch (error) {
    progress.close();
    throw withAdvice(stop.signal.aborted ? stop.error : error, state.creations.find(claim.creation.id));
  } finally {
    progress.close();
    stop.clear();
  }
}

type OwnClaim = Extract<Claim, { kind: 'new' | 'resumed' }>;

async function carryOut(
  { creation, kind }: OwnClaim,
  { request, userData, waits, config, cloud, state, io }: ProvisionRequest,
  { emit }: CreateProgress,
  signal: AbortSignal,
): Promise<Provisioned> {
  const { clock, random } = io;
  const { addressService } = config.aws;
  const ordered = await orderAll(creation, { cloud, state, addressService, userData, emit, clock, signal });
  const isResumed = kind === 'resumed' || request.clientToken !== null;
  const result = { creationId: creation.id, isResumed, ordered };
  if (!waits) return { ...result, arrivals: null };
  const waitDeps = { cloud, state, emit, clock, random, timeoutMs: RUNNING_TIMEOUT_MS, signal };
  const arrivals = await awaitRunning(ordered, waitDeps);
  // they may have come up in the very moment of a Ctrl-C
  signal.throwIfAborted();
  return { ...result, arrivals };
}

/** @throws SpotError where the client token is another one's */
function requireOurs(claim: Claim): OwnClaim {
  if (claim.kind === 'new' || claim.kind === 'resumed') return claim;
  const { id } = claim.creation;
  if (claim.kind === 'busy') {
    const { pid, hostName } = claim.client;
    const message = `--client-token ${id}: process ${pid} on ${hostName} is at that creation; try again when it is done`;
    throw noInstanceError('creation-busy', message);
  }
  const message = `--client-token ${id} was used for another request; give the same flags again, or another word`;
  throw usageError('client-token-used', message);
}

function sayWhatBegins({ kind, creation }: OwnClaim, { quiet, io }: ProvisionRequest): void {
  const { id, createdAt, orders, request } = creation;
  if (quiet) return;
  if (kind === 'new') {
    io.stderr.write(`creation ${id}\n`);
    return;
  }
  const known = orders.flatMap(({ instanceIds }) => instanceIds ?? []).length;
  const age = formatAge(io.clock.now() - Date.parse(createdAt));
  io.stderr.write(`going on with creation ${id}, begun ${age}: ${known} of ${request.count} created\n`);
}

/** Says what exists, so that nobody pays for what he does not know of. */
function withAdvice(error: unknown, creation: Creation | null): unknown {
  if (!(error instanceof SpotError) || creation === null || creation.orders.length === 0) return error;
  const ids = creation.orders.flatMap(({ instanceIds }) => instanceIds ?? []);
  const isOpen = creation.orders.some(({ instanceIds }) => instanceIds === null);
  const facts = [
    `creation ${creation.id} is not finished: ${ids.length} of ${creation.request.count} created${ids.length === 0 ? '' : ` (${firstOf(ids)})`}`,
    ...(isOpen ? ['EC2 has not answered the last call: whether it made more is found out by going on'] : []),
    'go on with: the same command again',
    `end it with: spot destroy --limit ${CREATION_TAG}=${creation.id}`,
  ];
  const { code, exitCode, details, cause } = error;
  return new SpotError(code, [error.message, ...facts].join('\n'), { exitCode, details, cause });
}

/** What a signal means: the call under way is waited for, and nothing more is asked for. The second one leaves at once. */
class Stop {
  readonly #controller = new AbortController();
  readonly #stopListening: () => void;
  #error: SpotError | null = null;

  constructor(progress: CreateProgress, io: Io) {
    this.#stopListening = io.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (name) => {
      progress.close();
      const exitCode = name === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
      if (this.#error !== null) {
        io.stderr.write('spot: left at once; the same command again goes on with it\n');
        io.exitNow(exitCode);
      }
      io.stderr.write('spot: waiting for the answer of EC2; once more to leave at once\n');
      const by = name === 'SIGINT' ? 'Ctrl-C' : name;
      this.#error = new SpotError('interrupted', `stopped by ${by}`, { exitCode });
      this.#controller.abort(this.#error);
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get error(): SpotError | null {
    return this.#error;
  }

  clear(): void {
    this.#stopListening();
  }
}

/** `3 of 5 instances came up: 1 not to be had, 1 ended before it was ready; …`, or null where all did. */
export function describeShortfall({ ordered, arrivals }: Provisioned, count: number): string | null {
  const missing = count - ordered.length;
  const ended = arrivals?.ended.length ?? 0;
  const pending = arrivals?.pending.length ?? 0;
  const there = ordered.length - ended - pending;
  if (there >= count) return null;
  const reasons = [
    ...(missing > 0 ? [`${missing} not to be had`] : []),
    ...(ended > 0 ? [`${ended} ended before ${ended === 1 ? 'it was' : 'they were'} ready`] : []),
    ...(pending > 0 ? [`${pending} still pending (see: spot sync)`] : []),
  ];
  const more = count - there;
  return `${there} of ${plural(count, 'instance')} came up: ${reasons.join(', ')}; ask for the rest with --count ${more}, or allow more places with --region and --instance-type`;
}
