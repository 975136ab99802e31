import type { Plan, Target } from '../model/plan.ts';
import type { Connection } from '../transport/transport.ts';
import type { RunDeps } from './deps.ts';
import { Dialer, dialerDeps } from './dialer.ts';
import { Readiness } from './readiness.ts';
import type { Timeline } from './timeline.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface LineOptions {
  readonly target: Target;
  readonly plan: Plan;
  readonly deps: RunDeps;
  readonly timeline: Timeline;
  readonly whereabouts: Whereabouts;
  /** told what happened to the connection; `evidence` where it belongs to the outcome */
  readonly notice: (message: string, evidence: string | null) => void;
}

/** The connection to one instance, which may have to become ready first. */
export class Line {
  readonly #options: LineOptions;
  readonly #dialer: Dialer;
  /** null where the instance is not asked whether it is ready */
  readonly #readiness: Readiness | null;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#dialer = new Dialer(options.target, dialerDeps(options.deps));
    const { readyTimeoutMs: timeoutMs } = options.plan;
    this.#readiness = timeoutMs === null ? null : new Readiness({ ...options, dialer: this.#dialer, timeoutMs });
  }

  /** null while there is none */
  get connection(): Connection | null {
    return this.#dialer.connection;
  }

  /** Connects, and waits until the instance is ready if that was asked for; nothing is sent. */
  reach(): Promise<Connection> {
    this.#options.timeline.begin('connect');
    return this.#readiness?.wait() ?? this.connect();
  }

  /** A new connection, in place of the last one. */
  connect(): Promise<Connection> {
    const { plan, deps } = this.#options;
    return this.#dialer.connect(plan.limits.connectTimeoutMs, deps.signal);
  }

  /** Why an error came, as far as the link knows more. */
  reasonOf(error: unknown): Promise<unknown> {
    return this.#dialer.reasonOf(error);
  }

  close(): Promise<void> {
    return this.#dialer.close();
  }
}
