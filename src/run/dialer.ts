import { labelOf } from '../model/instance.ts';
import type { Target } from '../model/plan.ts';
import type { Connection, Transport } from '../transport/transport.ts';
import type { RunDeps } from './deps.ts';
import { isLinkLoss } from './retry.ts';

/** Whom to connect to. */
export type Callee = Pick<Target, 'instance' | 'host'>;

export interface DialerDeps {
  readonly transport: Transport;
  /** told the key of a first contact */
  readonly pin: (instanceId: string, hostKey: string) => void;
}

/** Of a run, which writes down in its ledger what it meets. */
export function dialerDeps({ transport, ledger }: Pick<RunDeps, 'transport' | 'ledger'>): DialerDeps {
  return { transport, pin: (instanceId, hostKey) => ledger.hostKeyPinned(instanceId, hostKey) };
}

/** Connects to one instance, over one connection at a time, and holds it to the key of the first. */
export class Dialer {
  readonly #callee: Callee;
  readonly #deps: DialerDeps;
  #hostKey: string | null;
  #connection: Connection | null = null;

  constructor(callee: Callee, deps: DialerDeps) {
    this.#callee = callee;
    this.#deps = deps;
    this.#hostKey = callee.instance.hostKey;
  }

  /** null while there is none */
  get connection(): Connection | null {
    return this.#connection;
  }

  /** A new connection, in place of the last one. @throws as the transport */
  async connect(timeoutMs: number, signal: AbortSignal): Promise<Connection> {
    await this.close();
    const { instance, host } = this.#callee;
    const { instanceId } = instance;
    const label = labelOf(instance);
    const request = { instanceId, label, host, pinnedKey: this.#hostKey, timeoutMs, signal };
    const connection = await this.#deps.transport.connect(request);
    this.#connection = connection;
    if (this.#hostKey === null) this.#deps.pin(instanceId, connection.hostKey);
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
