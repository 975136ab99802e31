import { existsSync } from 'node:fs';
import type { AttemptResult } from '../../model/attempt.ts';
import type { Deployment, PayloadReference } from '../../model/deployment.ts';
import { leavesTraces } from '../../model/outcome.ts';
import type { Plan, Target } from '../../model/plan.ts';
import type { Task } from '../../model/task.ts';
import { type CarriedOut, carryOut } from '../../run/carry-out.ts';
import type { RunDeps } from '../../run/deps.ts';
import { CancelledError } from '../../run/explain.ts';
import type { Judgement } from '../../run/judge.ts';
import type { RecordedAttempt } from '../../run/ledger.ts';
import { longestBeforeStartMs, longestExecutionMs } from '../../run/longest.ts';
import { judgeNotReady, lookReady, type ReadyLook } from '../../run/look-ready.ts';
import { neverStarted } from '../../run/never-started.ts';
import { planOfAttempt } from '../../run/recorded-plan.ts';
import { fencedLedger, isInHandsOf } from './fence.ts';
import { GIVEN_BACK, type Step, type StepDeps } from './step.ts';
import type { HeldLoad } from './loads.ts';
import { putOff } from './put-off.ts';
import { sent, settle, started } from './settle.ts';
import { Teller } from './teller.ts';
import { readTold, type Told } from './told.ts';
import { asWord, type Work } from './work.ts';

/** One claim of a deployment that has a run: to its instance with the payload, over one connection, until the outcome is known. */
export class Trip {
  readonly #deployment: Deployment;
  readonly #task: Task;
  readonly #work: Work;
  readonly #deps: StepDeps;
  readonly #plan: Plan;
  readonly #target: Target;
  /** as whoever had it before has left it */
  readonly #known: RecordedAttempt;
  readonly #teller: Teller;
  readonly #runDeps: RunDeps;

  /** @param task the one that is begun, of those that are open the first */
  constructor(deployment: Deployment, task: Task, work: Work, deps: StepDeps) {
    const { id, runId, instanceId } = deployment;
    const run = runId === null ? null : deps.state.runs.find(runId);
    if (run === null || instanceId === null) throw new Error(`the run of deployment ${id} is not on record`);
    this.#deployment = deployment;
    this.#task = task;
    this.#work = work;
    this.#deps = deps;
    this.#plan = planOfAttempt(run, instanceId, deps.state);
    this.#target = this.#plan.targets[0] as Target;
    this.#known = deps.state.ledger.attempt(run.id, instanceId);
    this.#teller = new Teller(run.id, deps.events, this.#known.startedAt !== null);
    this.#runDeps = this.#makeRunDeps();
  }

  async take(): Promise<Step> {
    const { result, step } = this.#known;
    if (result !== null) return this.#recall(result);
    const load = this.#deps.loads.hold(this.#plan, payloadOf(this.#deployment));
    try {
      const isUnderWay = step !== null && leavesTraces(step);
      const wait = isUnderWay ? null : await this.#awaitReady(load);
      if (wait !== null) return wait;
      if (isUnderWay) this.#takeUpOutputs();
      const request = { target: this.#target, plan: this.#plan, load: () => load.get(), stoppedBy: this.#stoppedBy };
      return this.#after(await carryOut(request, this.#runDeps), isUnderWay);
    } finally {
      await load.release();
    }
  }

  get #instanceId(): string {
    return this.#target.instance.instanceId;
  }

  get #stoppedBy(): string | null {
    const { cancelledBy } = this.#deployment;
    return cancelledBy === null ? null : asWord(cancelledBy);
  }

  #makeRunDeps(): RunDeps {
    const { id } = this.#deployment;
    const { state, transport, fates, clock, random, stamp, logsDirOf } = this.#deps;
    const { workerId, signal, leaving } = this.#work;
    const moments = { onSent: () => sent(id, state), onStarted: () => started(id, workerId, state) };
    return {
      transport,
      fates,
      ledger: fencedLedger(state.ledger, () => isInHandsOf(workerId, id, state), moments),
      emit: this.#teller.emit,
      clock,
      random,
      stamp,
      logsDir: logsDirOf(this.#plan.runId),
      environment: new Map(),
      // the wish was heard already, and has to be carried out
      signal: this.#stoppedBy === null ? signal : leaving,
      detach: new AbortController().signal,
    };
  }

  #takeUpOutputs(): void {
    this.#teller.takeUp(this.#runDeps.logsDir, this.#instanceId, this.#told(), this.#deps.clock.now());
  }

  #told(): Told {
    this.#deps.events.flush();
    return readTold(this.#plan.runId, this.#instanceId, this.#deps.state);
  }

  /** @returns null where it is ready, or nobody asks for that */
  async #awaitReady(load: HeldLoad): Promise<Step> {
    const timeoutMs = this.#readyTimeoutMs;
    if (timeoutMs === null || this.#stoppedBy !== null) return null;
    const payload = await load.get().then(
      (loaded) => loaded.payload,
      // carrying it out says so
      () => null,
    );
    if (payload === null || !this.#beginConnect()) return null;
    const { clock } = this.#deps;
    const notice = (message: string): void => {
      this.#teller.emit({ type: 'notice', at: clock.now(), instanceId: this.#instanceId, message });
    };
    const look = await lookReady({
      target: this.#target,
      plan: { ...this.#plan, payload },
      deps: this.#runDeps,
      notice,
    });
    if (look.kind === 'ready') return null;
    if (look.kind === 'never') return this.#endUnstarted(look.judgement);
    return this.#notYet(look, timeoutMs);
  }

  /** A new instance is asked whether it is ready, whoever else is not. */
  get #readyTimeoutMs(): number | null {
    const isNew = this.#deployment.order.create !== null;
    return this.#plan.readyTimeoutMs ?? (isNew ? this.#deps.readyTimeoutMs : null);
  }

  /** @returns false where somebody has ended the attempt */
  #beginConnect(): boolean {
    if (this.#known.startedAt !== null) return true;
    const { clock } = this.#deps;
    if (!this.#runDeps.ledger.stepStarted(this.#plan.runId, this.#instanceId, 'connect')) return false;
    this.#teller.emit({ type: 'attempt-started', at: clock.now(), instanceId: this.#instanceId });
    this.#teller.emit({ type: 'step-started', at: clock.now(), instanceId: this.#instanceId, step: 'connect' });
    return true;
  }

  #notYet(look: Extract<ReadyLook, { kind: 'not-yet' }>, timeoutMs: number): Step {
    const { clock } = this.#deps;
    const { step, waitsFor: message } = look;
    const now = clock.now();
    const waitedMs = now - Date.parse(this.#task.startedAt ?? this.#task.createdAt);
    if (waitedMs >= timeoutMs) return this.#endUnstarted(judgeNotReady(look, timeoutMs));
    this.#teller.emit({ type: 'waiting', at: now, instanceId: this.#instanceId, step, message });
    return putOff(this.#task, { code: 'not-ready', message }, this.#deps);
  }

  #after(carried: CarriedOut, wasUnderWay: boolean): Step {
    if (carried.kind === 'ended') return this.#settle(carried.result, wasUnderWay);
    if (this.#work.isLeft) return GIVEN_BACK;
    // somebody wants its end by now, or has brought it about: the next round knows
    const isHeard = this.#stoppedBy === null && this.#work.signal.reason instanceof CancelledError;
    if (carried.kind === 'left' || isHeard) return this.#isOurs ? null : GIVEN_BACK;
    return this.#keptOut();
  }

  get #isOurs(): boolean {
    return isInHandsOf(this.#work.workerId, this.#deployment.id, this.#deps.state);
  }

  #settle(result: AttemptResult, wasUnderWay: boolean): Step {
    const { step } = this.#deps.state.ledger.attempt(this.#plan.runId, this.#instanceId);
    const executionMs = wasUnderWay ? this.#sinceStart() : undefined;
    // whoever finds the deployment ended, finds all of it told
    this.#deps.events.flush();
    settle(this.#deployment, { result, step, ...(executionMs !== undefined && { executionMs }) }, this.#deps.state);
    return 'done';
  }

  /** Another worker saw it start, ms; undefined: nobody has written that down. */
  #sinceStart(): number | undefined {
    const { state, clock } = this.#deps;
    const task = state.tasks.ofDeployment(this.#deployment.id).find(({ kind }) => kind === 'payload_execute');
    const at = task?.startedAt ?? null;
    return at === null ? undefined : Math.max(0, clock.now() - Date.parse(at));
  }

  /** The attempt has ended, and whoever saw that did not come to say it. */
  #recall(result: AttemptResult): Step {
    const { runId } = this.#plan;
    const { state, events, clock } = this.#deps;
    const { logsDir } = this.#runDeps;
    const told = this.#told();
    if (!told.hasEnded) {
      this.#teller.takeUp(logsDir, this.#instanceId, told, clock.now());
      events.append(runId, { type: 'attempt-finished', at: clock.now(), result });
    }
    const isHere = [result.stdout, result.stderr].every(({ path }) => path === null || existsSync(path));
    events.flush();
    const tails = isHere ? {} : { tails: { stdout: told.stdout.tail, stderr: told.stderr.tail } };
    settle(this.#deployment, { result, step: this.#known.step, ...tails }, state);
    return 'done';
  }

  /** The instance lets nobody in any more; as long as its script may run it may change its mind. */
  #keptOut(): Step {
    const { clock, state } = this.#deps;
    const begunAt = Date.parse(this.#known.startedAt ?? this.#task.createdAt);
    const beforeStartMs = longestBeforeStartMs({ ...this.#plan, readyTimeoutMs: this.#readyTimeoutMs });
    const runsMs = longestExecutionMs(this.#plan.limits);
    const problem = { code: 'not-let-in', message: 'the instance does not let anybody in, and the script may run on' };
    if (clock.now() < begunAt + beforeStartMs + runsMs) return putOff(this.#task, problem, this.#deps);
    const { step } = state.ledger.attempt(this.#plan.runId, this.#instanceId);
    return this.#endUnstarted({ outcome: { kind: 'lost', step: step ?? 'connect', error: problem }, evidence: [] });
  }

  #endUnstarted(judgement: Judgement): Step {
    const { ledger, emit, clock } = this.#runDeps;
    const result = ledger.attemptFinished(this.#plan.runId, neverStarted(this.#target, judgement));
    emit({ type: 'attempt-finished', at: clock.now(), result });
    return this.#settle(result, false);
  }
}

function payloadOf({ id, order }: Deployment): PayloadReference {
  if (order.payload === null) throw new Error(`deployment ${id} has a run and no payload`);
  return order.payload;
}
