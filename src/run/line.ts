import { labelOf } from '../model/instance.ts';
import type { Plan, Target } from '../model/plan.ts';
import type { Connection } from '../transport/transport.ts';
import type { RunDeps } from './deps.ts';
import { Readiness } from './readiness.ts';
import { isLinkLoss } from './retry.ts';
import type { Timeline } from './timeline.ts';

export interface LineOptions {
  readonly target: Target;
  readonly plan: Plan;
  readonly deps: RunDeps;
  readonly timeline: Timeline;
  /** told what happened to the connection; `evidence` where it belongs to the outcome */
  readonly notice: (message: string, evidence: string | null) => void;
}

/** The connection to one instance: there is one at a time, and the first one pins the host key. */
export class Line {
  readonly #options: LineOptions;
  /** null where the instance is not asked whether it is ready */
  readonly #readiness: Readiness | null;
  #hostKey: string | null;
  #connection: Connection | null = null;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#hostKey = options.target.instance.hostKey;
    const { readyTimeoutMs: timeoutMs } = options.plan;
    const connect = async (connectTimeoutMs: number, signal: AbortSignal): Promise<Connection> => {
      await this.close();
      return this.connect(connectTimeoutMs, signal);
    };
    this.#readiness = timeoutMs === null ? null : new Readiness({ ...options, timeoutMs, connect });
  }

  /** null while there is none */
  get connection(): Connection | null {
    return this.#connection;
  }

  /** Connects, and waits until the instance is ready if that was asked for; nothing is sent. */
  reach(): Promise<Connection> {
    this.#options.timeline.begin('connect');
    return this.#readiness?.wait() ?? this.connect();
  }

  async connect(
    timeoutMs = this.#options.plan.limits.connectTimeoutMs,
    signal = this.#options.deps.signal,
  ): Promise<Connection> {
    const { target, deps } = this.#options;
    const { instance, host } = target;
    const { instanceId } = instance;
    const pinnedKey = this.#hostKey;
    const label = labelOf(instance);
    const connection = await deps.transport.connect({ instanceId, label, host, pinnedKey, timeoutMs, signal });
    this.#connection = connection;
    if (pinnedKey === null) deps.ledger.hostKeyPinned(instanceId, connection.hostKey);
    this.#hostKey = connection.hostKey;
    return connection;
  }

  /** A channel that went with its link does not know why; the link does, which ssh2 closes before its channels. */
  async reasonOf(error: unknown): Promise<unknown> {
    if (!isLinkLoss(error) || this.#connection === null) return error;
    const stillOpen = Promise.resolve(null);
    return (await Promise.race([this.#connection.closed, stillOpen])) ?? error;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }
}
