import { labelOf } from '../model/instance.ts';
import type { Target } from '../model/plan.ts';
import type { Connection } from '../transport/transport.ts';
import type { RunDeps } from './deps.ts';
import { isLinkLoss } from './retry.ts';

/** Connects to one instance, over one connection at a time, and holds it to the key of the first. */
export class Dialer {
  readonly #target: Target;
  readonly #deps: Pick<RunDeps, 'transport' | 'ledger'>;
  #hostKey: string | null;
  #connection: Connection | null = null;

  constructor(target: Target, deps: Pick<RunDeps, 'transport' | 'ledger'>) {
    this.#target = target;
    this.#deps = deps;
    this.#hostKey = target.instance.hostKey;
  }

  /** null while there is none */
  get connection(): Connection | null {
    return this.#connection;
  }

  /** A new connection, in place of the last one. @throws as the transport */
  async connect(timeoutMs: number, signal: AbortSignal): Promise<Connection> {
    await this.close();
    const { instance, host } = this.#target;
    const { instanceId } = instance;
    const label = labelOf(instance);
    const request = { instanceId, label, host, pinnedKey: this.#hostKey, timeoutMs, signal };
    const connection = await this.#deps.transport.connect(request);
    this.#connection = connection;
    if (this.#hostKey === null) this.#deps.ledger.hostKeyPinned(instanceId, connection.hostKey);
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
