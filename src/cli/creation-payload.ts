import type { Payload } from '../model/payload.ts';
import type { RunEvent } from '../model/event.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { Instance } from '../model/instance.ts';
import { exitCodeOf, type OutcomeKind } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { type RunDocument, runDocument } from '../report/json.ts';
import { awaitReady, NO_PAYLOAD } from '../run/await-ready.ts';
import { backlogOf } from '../run/backlog.ts';
import { planOfRun } from '../run/recorded-plan.ts';
import { takeUpRun } from '../run/take-up.ts';
import { planKeyOf, type Shortfall } from '../state/history.ts';
import type { State } from '../state/state.ts';
import type { Keyring } from '../transport/ssh/keyring.ts';
import type { Secret } from '../util/secret.ts';
import { type Order, planOf } from './commands/upload-script.ts';
import { drive, type DriveRequest } from './drive.ts';
import type { Io } from './io.ts';
import { launch } from './launch.ts';
import { fitToOpenFiles } from './open-files.ts';
import type { PayloadSource } from './payload-source.ts';
import { isInHands, takeUpRequest } from './recorded-run.ts';
import { namesAndIds } from './several.ts';

export interface SettleRequest {
  readonly instances: readonly Instance[];
  readonly order: Order;
  /** null: the instances are only waited for */
  readonly source: Pick<PayloadSource, 'payload' | 'environment'> | null;
  readonly keyring: Keyring;
  readonly state: State;
  readonly io: Io;
}

/** How far new instances have come. */
export interface Settled {
  /** by instance id, of those that something was done with or is known of */
  readonly outcomes: ReadonlyMap<string, OutcomeKind>;
  /** as `--json` shows them */
  readonly runs: readonly RunDocument[];
  /** of outcomes, or of a signal */
  readonly exitCode: number;
}

/**
 * Brings new instances to where they are complete: they are ready, and the payload has run there or is in place. Those
 * that have it from a client that died are left alone, and what that one has left under way is taken up.
 */
export function settle(request: SettleRequest): Promise<Settled> {
  return new Settling(request).toEnd();
}

const NOTHING: { readonly payload: Payload; readonly environment: ReadonlyMap<string, Secret> } = {
  payload: NO_PAYLOAD,
  environment: new Map(),
};

class Settling {
  readonly #request: SettleRequest;
  readonly #outcomes = new Map<string, OutcomeKind>();
  readonly #runs: RunDocument[] = [];
  /** ids of instances on which the script was left running */
  readonly #running = new Set<string>();
  /** the exit code that a signal asks for, or null where none came */
  #signalled: number | null = null;

  constructor(request: SettleRequest) {
    this.#request = request;
  }

  async toEnd(): Promise<Settled> {
    const { instances, source } = this.#request;
    if (source === null) await this.#waitFor(instances);
    else await this.#bring(source);
    return { outcomes: this.#outcomes, runs: this.#runs, exitCode: this.#code() };
  }

  /** A signal's code goes before the outcomes; one that nobody knows the outcome of could not be reached. */
  #code(): number {
    if (this.#signalled !== null) return this.#signalled;
    const isKnown = ({ instanceId }: Instance): boolean =>
      this.#outcomes.has(instanceId) || this.#running.has(instanceId);
    const bit = this.#request.instances.every(isKnown) ? ExitCode.ok : ExitCode.unreachable;
    return exitCodeOf(this.#outcomes.values()) | bit;
  }

  async #waitFor(instances: readonly Instance[]): Promise<void> {
    const plan = this.#planFor(instances, NOTHING);
    const hosts = plan.targets.map(({ host }) => host);
    const { environment } = NOTHING;
    const request = { ...this.#surroundings(), runId: plan.runId, hosts, environment, detached: false };
    this.#note(await drive({ ...request, runsScripts: false }, (deps) => awaitReady(plan, deps)));
  }

  async #bring(source: NonNullable<SettleRequest['source']>): Promise<void> {
    const { instances, state, io } = this.#request;
    const key = planKeyOf(this.#planFor(instances, source));
    for (const runId of this.#left(state.runs.shortfalls(key))) await this.#takeUp(runId);
    const had = new Set(state.runs.successes(key).map(({ instanceId }) => instanceId));
    const shortfalls = state.runs.shortfalls(key);
    const facts = { had, shortfalls, now: io.clock.now(), mode: key.mode, intervalMs: 0 };
    const { due, unclear } = backlogOf(instances, facts);
    for (const { instanceId } of instances) if (had.has(instanceId)) this.#outcomes.set(instanceId, 'succeeded');
    if (unclear.length > 0) this.#leaveAlone(unclear.map(({ instance }) => instance));
    if (due.length === 0 || this.#signalled !== null) return;
    const plan = this.#planFor(due, source);
    this.#note(await launch({ ...this.#surroundings(), plan, environment: source.environment }));
  }

  /** Ids of the runs on these instances that a dead client has left. */
  #left(shortfalls: readonly Shortfall[]): string[] {
    const { instances, state } = this.#request;
    const ids = new Set(instances.map(({ instanceId }) => instanceId));
    const open = shortfalls.filter(({ outcome, instanceId }) => outcome === null && ids.has(instanceId));
    return [...new Set(open.map(({ runId }) => runId))].filter((runId) => {
      const run = state.runs.find(runId);
      return run !== null && !isInHands(run, state);
    });
  }

  async #takeUp(runId: string): Promise<void> {
    const { state, io } = this.#request;
    const run = state.runs.find(runId);
    if (run === null || this.#signalled !== null) return;
    const open = state.runs.attempts(runId).filter(({ outcome }) => outcome === null);
    const plan = fitToOpenFiles(planOfRun(run, state), open.length, io);
    const hosts = plan.targets.map(({ host }) => host);
    const request = { ...this.#surroundings(), runId, hosts, environment: NOTHING.environment, detached: false };
    this.#note(await drive(request, (deps) => takeUpRun(plan, takeUpRequest(run, open, null, state), deps)));
  }

  #leaveAlone(instances: readonly Instance[]): void {
    for (const { instanceId } of instances) this.#outcomes.set(instanceId, 'lost');
    const names = namesAndIds(instances);
    this.#request.io.stderr.write(
      `spot: note: left alone, as nobody knows whether the script has run there: ${names}; look with: spot doctor\n`,
    );
  }

  #planFor(instances: readonly Instance[], source: NonNullable<SettleRequest['source']>): Plan {
    const { order, io } = this.#request;
    const plan = planOf(order, source, { chosen: instances, skipped: [] }, io);
    return fitToOpenFiles({ ...plan, tracksPayload: source !== NOTHING }, instances.length, io);
  }

  /** One document is shown at the end, and not one for each run. */
  #surroundings(): Pick<DriveRequest, 'options' | 'config' | 'state' | 'keyring' | 'io' | 'onEvent'> {
    const { order, state, keyring, io } = this.#request;
    let plan: Plan | null = null;
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'run-started') plan = event.plan;
      if (event.type === 'attempt-finished') this.#outcomes.set(event.result.instanceId, event.result.outcome.kind);
      if (event.type !== 'run-finished' || plan === null) return;
      for (const instanceId of event.result.running) this.#running.add(instanceId);
      if (event.result.attempts.length > 0 && plan.payload !== NO_PAYLOAD) {
        this.#runs.push(runDocument(plan, event.result));
      }
    };
    return { options: { ...order.options, json: false }, config: order.config, state, keyring, io, onEvent };
  }

  #note(exitCode: number): void {
    if (exitCode === ExitCode.interrupted || exitCode === ExitCode.terminated) this.#signalled = exitCode;
  }
}
