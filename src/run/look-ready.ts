import type { Step } from '../model/outcome.ts';
import type { Plan, Target } from '../model/plan.ts';
import type { Connection } from '../transport/transport.ts';
import { DeadlineError, withDeadline } from '../util/deadline.ts';
import { formatDuration } from '../util/format.ts';
import type { RunDeps } from './deps.ts';
import { Dialer, dialerDeps } from './dialer.ts';
import { explain, NoRoomError } from './explain.ts';
import type { Judgement } from './judge.ts';
import { mayStart } from './readiness.ts';
import { askReady } from './ready-session.ts';
import { wordsOf } from './retry.ts';
import { roomFor } from './room.ts';
import { Whereabouts } from './whereabouts.ts';

/** One look takes no longer than this, ms: whoever looks has other instances to look at. */
const LOOK_MS = 5000;
/** The program on the instance gives up by itself, s. */
const PROGRAM_S = 10;

/** What a look at an instance has shown. */
export type ReadyLook =
  | { readonly kind: 'ready' }
  /** a later look may show something else */
  | { readonly kind: 'not-yet'; readonly step: Step; readonly waitsFor: string }
  /** it never will be */
  | { readonly kind: 'never'; readonly judgement: Judgement };

export interface LookOptions {
  readonly target: Target;
  readonly plan: Plan;
  readonly deps: Pick<RunDeps, 'transport' | 'ledger' | 'fates' | 'clock' | 'signal'>;
  /** told of what the instance says besides, e.g. that cloud-init ended with an error */
  readonly notice: (message: string) => void;
}

/**
 * Looks once whether an instance takes a payload: it lets us in, its boot is over, no package manager is at work, and the
 * payload fits. What `Readiness` waits for, it only reports.
 * @throws the signal's reason
 */
export async function lookReady(options: LookOptions): Promise<ReadyLook> {
  const { target, deps, notice } = options;
  const dialer = new Dialer(target, dialerDeps(deps));
  const whereabouts = new Whereabouts({ target, deps, interruption: () => null, notice });
  const look = new Look(options, dialer);
  try {
    await look.take();
    return { kind: 'ready' };
  } catch (error) {
    deps.signal.throwIfAborted();
    const gone = await whereabouts.ask(error);
    const step = look.step;
    if (gone === null && error instanceof NotYet) {
      return { kind: 'not-yet', step, waitsFor: error.message };
    }
    if (gone === null && mayStart(error)) {
      return { kind: 'not-yet', step, waitsFor: wordsOf(error) };
    }
    return { kind: 'never', judgement: explain(gone ?? error, { step, sent: false }) };
  } finally {
    await dialer.close();
  }
}

/** What an instance that was not ready in time comes to. @param afterMs how long it was looked at again and again */
export function judgeNotReady(look: Extract<ReadyLook, { kind: 'not-yet' }>, afterMs: number): Judgement {
  const message = `not ready after ${formatDuration(afterMs)}: ${look.waitsFor}`;
  const evidence = ['nothing was started'];
  return { outcome: { kind: 'timed-out', step: look.step, error: { code: 'not-ready', message } }, evidence };
}

/** The instance waits for something itself. */
class NotYet extends Error {}

class Look {
  /** where it is, or was in the end */
  step: Step = 'connect';
  readonly #options: LookOptions;
  readonly #dialer: Dialer;

  constructor(options: LookOptions, dialer: Dialer) {
    this.#options = options;
    this.#dialer = dialer;
  }

  async take(): Promise<void> {
    const { plan, deps } = this.#options;
    const connectMs = Math.min(LOOK_MS, plan.limits.connectTimeoutMs);
    const connection = await this.#dialer.connect(connectMs, deps.signal);
    this.step = 'boot';
    try {
      await withDeadline(deps.signal, LOOK_MS, ({ signal }) => this.#ask(connection, signal));
    } catch (error) {
      if (error instanceof DeadlineError) throw new NotYet('it takes long to answer');
      throw await this.#dialer.reasonOf(error);
    }
  }

  async #ask(connection: Connection, signal: AbortSignal): Promise<void> {
    const { target, plan, notice } = this.#options;
    await askReady(connection, {
      nonce: target.stamp,
      seconds: PROGRAM_S,
      signal,
      onWord: (word) => {
        if (word.type === 'step') this.step = word.step;
        if (word.type === 'note') notice(word.text);
        if (word.type === 'wait') throw new NotYet(word.text);
        if (word.type !== 'room') return;
        const needed = roomFor(plan.payload);
        if (word.bytes < needed.total) throw new NoRoomError(word.bytes, needed);
      },
    });
  }
}
