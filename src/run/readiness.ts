import type { Plan, Target } from '../model/plan.ts';
import type { ReadyWord } from '../remote/ready.ts';
import { ConnectError, type Connection, HOST_KEY_UNPROVEN } from '../transport/transport.ts';
import { backOff } from '../util/back-off.ts';
import { Deadline, DeadlineError } from '../util/deadline.ts';
import type { RunDeps } from './deps.ts';
import type { Dialer } from './dialer.ts';
import { CancelledError, endedElsewhere, InstanceGoneError, NoRoomError, NotReadyError } from './explain.ts';
import { askReady } from './ready-session.ts';
import { isLinkLoss, wordsOf } from './retry.ts';
import { roomFor } from './room.ts';
import type { Timeline } from './timeline.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Pauses between tries to connect do not grow beyond that of this try: an instance that starts is not kept waiting. */
const LONGEST_PAUSE_TRIES = 3;
/** The program on the instance gives up by itself, but never before its client, s. */
const PROGRAM_SLACK_S = 5;

export interface ReadinessOptions {
  readonly target: Target;
  readonly plan: Plan;
  readonly deps: RunDeps;
  readonly timeline: Timeline;
  /** from the first connection on, ms */
  readonly timeoutMs: number;
  readonly dialer: Dialer;
  readonly whereabouts: Whereabouts;
  readonly notice: (message: string, evidence: string | null) => void;
}

/**
 * What an instance needs before it takes a payload, in the steps `connect`, `boot`, `locks` and `disk`. One that starts may
 * refuse, not know the key yet, hang up or start anew: all of it is tried again until the time is over.
 */
export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #notes = new Set<string>();
  /** why there was no connection the last time */
  #lastProblem: ConnectError | null = null;
  /** ms since the epoch */
  #giveUpAt: number | null = null;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /**
   * Once the time is over an instance still gets a moment to say that it is ready: a further try to upload needs that.
   * @throws NotReadyError, NoRoomError, CancelledError, or what no waiting mends
   */
  async wait(): Promise<Connection> {
    const { plan, deps, timeline, timeoutMs } = this.#options;
    const now = deps.clock.now();
    this.#giveUpAt ??= now + timeoutMs;
    const leftMs = Math.max(this.#giveUpAt - now, Math.min(timeoutMs, plan.limits.connectTimeoutMs));
    const leaving = untilLeft(plan, deps);
    const deadline = new Deadline(leaving.signal, leftMs);
    try {
      return await this.#untilReady(deadline, now + leftMs);
    } catch (error) {
      if (!deadline.timedOut || error instanceof InstanceGoneError) throw error;
      const waitsFor = timeline.waitsFor ?? this.#lastProblem?.message ?? 'it does not answer';
      throw new NotReadyError(timeline.step, timeoutMs, waitsFor, this.#lastProblem);
    } finally {
      deadline.clear();
      leaving.forget();
    }
  }

  async #untilReady(deadline: Deadline, endsAt: number): Promise<Connection> {
    const { plan, deps, timeline, dialer, whereabouts } = this.#options;
    for (let tries = 1; ; tries += 1) {
      try {
        const leftMs = Math.max(1, endsAt - deps.clock.now());
        const connection = await dialer.connect(Math.min(plan.limits.connectTimeoutMs, leftMs), deadline.signal);
        whereabouts.found();
        timeline.begin('boot');
        await this.#ask(connection, deadline, Math.ceil(leftMs / 1000));
        return connection;
      } catch (error) {
        this.#lastProblem = error instanceof ConnectError ? error : null;
        if (deadline.signal.aborted || !mayStart(error)) throw error;
        if (timeline.step !== 'connect') timeline.begin('connect');
        this.#waitFor(wordsOf(error));
        const gone = await whereabouts.ask(error);
        if (gone !== null) throw gone;
        await backOff(pauseOf(error, tries), deps.random, deadline.signal);
      }
    }
  }

  async #ask(connection: Connection, deadline: Deadline, seconds: number): Promise<void> {
    try {
      await askReady(connection, {
        nonce: this.#options.target.stamp,
        seconds: seconds + PROGRAM_SLACK_S,
        signal: deadline.signal,
        onWord: (word) => this.#hear(word),
      });
    } catch (error) {
      throw await this.#options.dialer.reasonOf(error);
    }
  }

  #hear(word: ReadyWord): void {
    const { plan, timeline } = this.#options;
    if (word.type === 'step') timeline.begin(word.step);
    if (word.type === 'wait') this.#waitFor(word.text);
    if (word.type === 'note') this.#note(word.text);
    if (word.type !== 'room') return;
    const needed = roomFor(plan.payload);
    if (word.bytes < needed.total) throw new NoRoomError(word.bytes, needed);
  }

  /** Another client may have closed the attempt meanwhile. */
  #waitFor(what: string): void {
    const { plan, deps, target, timeline } = this.#options;
    timeline.waitFor(what);
    const { result } = deps.ledger.attempt(plan.runId, target.instance.instanceId);
    if (result !== null) throw endedElsewhere();
  }

  /** Said once, over however many connections. */
  #note(text: string): void {
    if (this.#notes.has(text)) return;
    this.#notes.add(text);
    this.#options.notice(text, text);
  }
}

/** Whether an instance that starts may do that. */
export function mayStart(error: unknown): boolean {
  if (error instanceof ConnectError) return error.kind === 'unreachable' || error.problem.code === HOST_KEY_UNPROVEN;
  return isLinkLoss(error) || error instanceof DeadlineError;
}

/** sshd locks out whom it refused too often, and a console is slow to change. */
function pauseOf(error: unknown, tries: number): number {
  const isPatient = error instanceof ConnectError && ['auth-failed', HOST_KEY_UNPROVEN].includes(error.problem.code);
  return isPatient ? tries : Math.min(tries, LONGEST_PAUSE_TRIES);
}

/** Whoever leaves a run starts nothing more; a run that is to be left once it has started is another matter. */
function untilLeft({ detached }: Plan, { signal, detach }: RunDeps): { readonly signal: AbortSignal; forget(): void } {
  if (detached) return { signal, forget: () => undefined };
  const controller = new AbortController();
  const onCancel = (): void => controller.abort(signal.reason);
  const onLeave = (): void => controller.abort(new CancelledError('detach'));
  signal.addEventListener('abort', onCancel, { once: true });
  detach.addEventListener('abort', onLeave, { once: true });
  if (signal.aborted) onCancel();
  if (detach.aborted) onLeave();
  return {
    signal: controller.signal,
    forget: () => {
      signal.removeEventListener('abort', onCancel);
      detach.removeEventListener('abort', onLeave);
    },
  };
}
