import { mkdir } from 'node:fs/promises';
import type { AttemptResult } from '../model/attempt.ts';
import { SpotError } from '../model/errors.ts';
import { leavesTraces } from '../model/outcome.ts';
import type { Payload } from '../model/payload.ts';
import type { Plan, Target } from '../model/plan.ts';
import type { Secret } from '../util/secret.ts';
import { Attempt } from './attempt.ts';
import type { Cargo } from './cargo.ts';
import type { RunDeps } from './deps.ts';
import { CancelledError, ControlGone } from './explain.ts';
import { judgeRefusal } from './judge.ts';
import type { RecordedAttempt } from './ledger.ts';
import { neverStarted, notBegun } from './never-started.ts';
import { withTails } from './outputs.ts';
import { RunnerRefusal } from './runner-session.ts';

export interface CarryOutRequest {
  readonly target: Target;
  /** as it is recorded */
  readonly plan: Plan;
  /** called when the attempt is to be begun. @throws SpotError where it cannot be */
  readonly load: () => Promise<Load>;
  /** one word: ends the attempt in its name, whatever it is at; null: nobody wants that */
  readonly stoppedBy: string | null;
}

/** What it takes to begin an attempt. */
export interface Load {
  /** the whole, with its manifest */
  readonly payload: Payload;
  readonly cargo: Cargo;
  /** values of `plan.environment` */
  readonly environment: ReadonlyMap<string, Secret>;
}

/** How far an attempt has come. */
export type CarriedOut =
  | { readonly kind: 'ended'; readonly result: AttemptResult }
  /** it was put down: whoever takes it up next goes on with it */
  | { readonly kind: 'left' }
  /** the instance is there and does not let anybody in, and the script may run on there */
  | { readonly kind: 'not-let-in' };

/**
 * Brings the attempt of a recorded run to its end, whoever began it, and however far that one came:
 *
 *   not begun, or before the upload --> it is begun; in new folders where somebody was at it before
 *   in the upload or after it --> the receipt on the instance is read:
 *     taken --> the script is followed, and its output collected
 *     not taken, and now never will be --> a new try, in new folders
 *     nobody can tell --> `lost`
 *
 * Of all that know the attempt one at most may write about it from now on: the ledger has to keep the others out
 * (`RunDeps.ledger` throws `Detached` to those), from the moment before this is called. Then no script is started twice.
 */
export async function carryOut(request: CarryOutRequest, deps: RunDeps): Promise<CarriedOut> {
  await mkdir(deps.logsDir, { recursive: true, mode: 0o700 });
  return new Carrying(request, deps).toEnd();
}

const LEFT: CarriedOut = { kind: 'left' };
const NOT_STARTED = judgeRefusal(new RunnerRefusal('void', '')).outcome;

class Carrying {
  readonly #request: CarryOutRequest;
  readonly #deps: RunDeps;
  readonly #runId: string;
  readonly #instanceId: string;

  constructor(request: CarryOutRequest, deps: RunDeps) {
    this.#request = request;
    this.#deps = deps;
    this.#runId = request.plan.runId;
    this.#instanceId = request.target.instance.instanceId;
  }

  async toEnd(): Promise<CarriedOut> {
    const known = this.#deps.ledger.attempt(this.#runId, this.#instanceId);
    if (known.result !== null) return { kind: 'ended', result: withTails(known.result) };
    if (known.step !== null && leavesTraces(known.step)) return this.#follow(known);
    return this.#begin(known);
  }

  /** Nothing of it is on the instance. */
  async #begin(known: RecordedAttempt): Promise<CarriedOut> {
    const { target, plan, load, stoppedBy } = this.#request;
    const { signal } = this.#deps;
    if (stoppedBy !== null || signal.reason instanceof CancelledError) {
      const reason = stoppedBy === null ? (signal.reason as unknown) : new CancelledError(stoppedBy);
      return this.#ended(neverStarted(target, notBegun(reason)));
    }
    if (signal.aborted) return LEFT;
    const loaded = await load().catch(orRefusal);
    if (loaded instanceof SpotError) {
      return this.#ended(neverStarted(target, notBegun(loaded)));
    }
    const stamp = known.step === null ? known.stamp : this.#renew();
    if (stamp === null) return LEFT;
    const { payload, cargo, environment } = loaded;
    // whoever wants to wait for the instance has done so
    const deps = { ...this.#deps, environment };
    const result = await new Attempt(
      { ...target, stamp },
      { ...plan, payload, readyTimeoutMs: null },
      cargo,
      deps,
    ).run();
    return result === null ? LEFT : this.#ended(result);
  }

  /** The folders of the last try are left to whoever was at it. @returns null where somebody has ended it */
  #renew(): string | null {
    const stamp = this.#deps.stamp();
    return this.#deps.ledger.attemptRenewed(this.#runId, this.#instanceId, stamp) ? stamp : null;
  }

  async #follow(known: RecordedAttempt): Promise<CarriedOut> {
    const { target, plan, stoppedBy } = this.#request;
    const begunAt = known.startedAt === null ? this.#deps.clock.now() : Date.parse(known.startedAt);
    const attempt = new Attempt({ ...target, stamp: known.stamp }, plan, null, this.#deps);
    const result = await attempt.takeUp(begunAt, stoppedBy);
    if (result === null) return attempt.staysOpen ? { kind: 'not-let-in' } : LEFT;
    return this.#wasNeverStarted(known, result) ? this.#begin(known) : this.#ended(result);
  }

  /** A copy may be made again; a script only where it is proven that it did not start, and now cannot. */
  #wasNeverStarted({ step }: RecordedAttempt, { outcome }: AttemptResult): boolean {
    if (outcome.kind === 'rejected') return isNotStarted(outcome.error.code);
    if (outcome.kind !== 'lost') return false;
    const isCopy = this.#request.plan.mode === 'copy';
    const { code } = outcome.error;
    return (
      (code === ControlGone.missing && (step === 'upload' || isCopy)) || (code === ControlGone.restarted && isCopy)
    );
  }

  /** The first end counts, whoever has come to it. */
  #ended(own: AttemptResult): CarriedOut {
    const { ledger, emit, clock } = this.#deps;
    const result = ledger.attemptFinished(this.#runId, own);
    emit({ type: 'attempt-finished', at: clock.now(), result });
    return { kind: 'ended', result };
  }
}

/** What is wrong with the state may be right again the next time. */
function orRefusal(error: unknown): SpotError {
  if (error instanceof SpotError && !error.code.startsWith('state-')) return error;
  throw error;
}

function isNotStarted(code: string): boolean {
  return NOT_STARTED.kind === 'rejected' && code === NOT_STARTED.error.code;
}
