import { createFates } from '../fleet/fates.ts';
import type { Config } from '../config/config.ts';
import { type Filter, selectInstances } from '../inventory/select.ts';
import type { RunResult } from '../model/attempt.ts';
import type { RunEvent } from '../model/event.ts';
import type { Instance, Selection } from '../model/instance.ts';
import type { Plan, Target } from '../model/plan.ts';
import { type Backlog, backlogOf } from '../run/backlog.ts';
import type { RunDeps } from '../run/deps.ts';
import { executeUnlessTaken } from '../run/execute.ts';
import { planOfRun } from '../run/recorded-plan.ts';
import { takeUpRun } from '../run/take-up.ts';
import type { Duties, Outlook, Round } from '../run/watch.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { planKeyOf, type PlanKey } from '../state/history.ts';
import type { RunRecord } from '../state/runs.ts';
import type { State } from '../state/state.ts';
import type { Keyring } from '../transport/ssh/keyring.ts';
import type { Secret } from '../util/secret.ts';
import { openCloud } from './cloud.ts';
import { depsOf, openReports, type ShowOptions } from './drive.ts';
import { adviceFor, type Interrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { copyOutputs } from './output-dir.ts';
import { isInHands, takeUpRequest } from './recorded-run.ts';
import { keepHistoryShort } from './retention.ts';
import { openSshTransport } from './ssh.ts';

export interface RoundsOptions {
  /** what is done on these instances, as a plan */
  readonly plan: (selection: Selection) => Plan;
  readonly environment: ReadonlyMap<string, Secret>;
  readonly filter: Filter;
  readonly intervalMs: number;
  readonly concurrency: number;
  readonly config: Config;
  readonly options: ShowOptions;
  readonly state: State;
  readonly keyring: Keyring;
  readonly interrupt: Interrupt;
  readonly io: Io;
  /** told what is about to be done, and of instances that are left alone */
  readonly say: Announcer;
  /** has the state brought up to date, by the next look */
  readonly beforeLook: () => void;
}

export interface Announcer {
  begins(plan: Plan): void;
  takesUp(runId: string): void;
  leavesAlone(unclear: Backlog['unclear'][number]): void;
}

type Work = (deps: RunDeps) => Promise<RunResult | null>;

/** What `spot watch` does: each round is a run of its own, with transport, report and logs like every other. */
export class Rounds implements Duties {
  readonly #options: RoundsOptions;
  readonly #key: PlanKey;
  /** remembered, too, as the ledger forgets old runs */
  readonly #had = new Set<string>();
  readonly #leftAlone = new Set<string>();
  readonly #running = new Set<string>();
  readonly #warnings = new Set<string>();

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#key = planKeyOf(options.plan({ chosen: [], skipped: [] }));
  }

  /** ids of the runs under way */
  get running(): ReadonlySet<string> {
    return this.#running;
  }

  look(): Outlook {
    const { state, filter, intervalMs, io, beforeLook } = this.#options;
    beforeLook();
    for (const { instanceId } of state.runs.successes(this.#key)) this.#had.add(instanceId);
    const shortfalls = state.runs.shortfalls(this.#key);
    const { chosen } = selectInstances(state.instances.list(), filter);
    const { mode } = this.#key;
    const backlog = backlogOf(chosen, { had: this.#had, shortfalls, now: io.clock.now(), mode, intervalMs });
    for (const one of backlog.unclear) this.#leaveAlone(one);
    const open = new Set(shortfalls.flatMap(({ outcome, runId }) => (outcome === null ? [runId] : [])));
    const abandoned = [...open].filter((runId) => !isInHands(runOf(runId, state), state));
    return { due: backlog.due, abandoned };
  }

  begin(instances: readonly Instance[], atOnce: number): Round {
    const plan = this.#options.plan({ chosen: instances, skipped: [] });
    const limited = { ...plan, limits: { ...plan.limits, concurrency: atOnce } };
    return this.#round(limited, (deps) => executeUnlessTaken(limited, deps));
  }

  takeUp(runId: string): Round {
    const { state, say, concurrency } = this.#options;
    say.takesUp(runId);
    const run = runOf(runId, state);
    const open = state.runs.attempts(runId).filter(({ outcome }) => outcome === null);
    const plan = planOfRun(run, state);
    const limits = { ...plan.limits, concurrency };
    const part = { ...plan, targets: neverBegunFirst(plan, open), limits };
    return this.#round(part, (deps) => takeUpRun(part, takeUpRequest(run, open, null, state), deps));
  }

  #leaveAlone(one: Backlog['unclear'][number]): void {
    const id = `${one.runId} ${one.instance.instanceId}`;
    if (this.#leftAlone.has(id)) return;
    this.#leftAlone.add(id);
    this.#options.say.leavesAlone(one);
  }

  #round(plan: Plan, work: Work): Round {
    const unfinished = new Set(plan.targets.map(({ instance }) => instance.instanceId));
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'run-started' && !event.takenUp) this.#options.say.begins(event.plan);
      if (event.type === 'attempt-finished') unfinished.delete(event.result.instanceId);
    };
    this.#running.add(plan.runId);
    const ended = this.#conduct(plan, onEvent, work).finally(() => this.#running.delete(plan.runId));
    return { runId: plan.runId, unfinished, atOnce: plan.limits.concurrency, ended };
  }

  /** @returns the exit code */
  async #conduct(plan: Plan, onEvent: (event: RunEvent) => void, work: Work): Promise<number> {
    const { io, options, config, interrupt } = this.#options;
    const transport = await this.#openTransport(plan);
    const reports = await openReports(options, io, { live: false });
    const fates = createFates(() => openCloud(config, io), io.clock);
    let result: RunResult | null;
    try {
      const copies = options.outputDir === undefined ? null : copyOutputs(options.outputDir, io);
      const emit = (event: RunEvent): void => {
        onEvent(event);
        reports.emit(event);
        copies?.(event);
      };
      const parts = { transport, fates, emit, signal: interrupt.cancel, detach: interrupt.detach };
      result = await work(depsOf({ ...this.#options, runId: plan.runId }, parts));
    } finally {
      await reports.close();
      await transport.close();
      await fates.close();
    }
    if (result === null) return 0;
    await keepHistoryShort(this.#options.config, this.#options.state, io);
    if (result.running.length > 0) io.stderr.write(adviceFor(plan.runId));
    return result.exitCode;
  }

  /** A transport for each round reads known_hosts and ssh_config anew; what it warns of is said once. */
  async #openTransport(plan: Plan) {
    const { config, state, io, keyring } = this.#options;
    const transport = await openSshTransport(config, state, io, keyring);
    for (const notice of await transport.prepare(plan.targets.map(({ host }) => host))) {
      if (!this.#warnings.has(notice)) io.stderr.write(`spot: warning: ${notice}\n`);
      this.#warnings.add(notice);
    }
    return transport;
  }
}

function runOf(runId: string, state: State): RunRecord {
  const run = state.runs.find(runId);
  if (run === null) throw new Error(`run ${runId} is gone, and attempts of it are open`);
  return run;
}

/** Those are closed at once, and need not wait for others to be free for a run of their own. */
function neverBegunFirst({ targets }: Plan, open: readonly AttemptRecord[]): Target[] {
  const byId = new Map(targets.map((target) => [target.instance.instanceId, target]));
  const ordered = [...open].sort((a, b) => Number(a.step !== null) - Number(b.step !== null));
  return ordered.map(({ instanceId }) => byId.get(instanceId)).filter((target) => target !== undefined);
}
