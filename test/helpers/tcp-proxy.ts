import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `up`: from the client to the host. */
export type Direction = 'up' | 'down';

/**
 * What a broken link does: `fin` says goodbye to both sides, `reset` does not, `cut-off` resets the client's side alone
 * and the host hears nothing, `stall` swallows everything from then on and keeps both sides open, `pause` holds
 * everything back for a while.
 */
export type FaultKind = 'fin' | 'reset' | 'cut-off' | 'stall' | 'pause';

/** Where a connection breaks: once so many bytes have passed in that direction. */
export interface Fault {
  readonly kind: FaultKind;
  readonly direction: Direction;
  readonly atByte: number;
  /** how long a `pause` holds, ms; 0 by default */
  readonly pauseMs?: number;
}

/** @param connection number of the connection, from 1 @returns null for one that stays whole */
export type FaultPlan = (connection: number) => Fault | null;

export const NO_FAULT: FaultPlan = () => null;

/** This fault for the first connections, one each; those after them stay whole. */
export function faultsInTurn(...faults: readonly Fault[]): FaultPlan {
  return (connection) => faults[connection - 1] ?? null;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A TCP link to a host that breaks where it is told to. Whoever listens closes it. */
export class Proxy implements Endpoint {
  readonly address = '127.0.0.1';
  /** all connections so far, in the order in which they came */
  readonly links: Link[] = [];
  readonly #host: Endpoint;
  readonly #faults: FaultPlan;
  #port = 0;
  #server: Server | null = null;

  constructor(host: Endpoint, faults: FaultPlan) {
    this.#host = host;
    this.#faults = faults;
  }

  get port(): number {
    return this.#port;
  }

  /** Takes connections, at the same port as before. */
  async listen(): Promise<void> {
    this.#server = createServer({ noDelay: true }, (client) => {
      const { address, port } = this.#host;
      const host = connect({ host: address, port, noDelay: true });
      this.links.push(new Link(client, host, this.#faults(this.links.length + 1)));
    });
    this.#server.listen(this.#port, this.address);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** From now on a connection is refused; those that stand are not touched. */
  refuse(): void {
    this.#server?.close();
    this.#server = null;
  }

  /** Breaks all connections that stand. */
  break(kind: FaultKind): void {
    for (const link of this.links) link.break(kind);
  }

  /** Resets what stands and refuses what comes: as an instance that is gone. */
  close(): void {
    this.refuse();
    for (const link of this.links) link.close();
  }
}

/** One connection through the proxy: two sockets, and the bytes that have passed between them. */
export class Link {
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };
  readonly #client: Socket;
  readonly #host: Socket;
  readonly #fault: Fault | null;
  #swallows = false;
  #broken: FaultKind | null = null;

  constructor(client: Socket, host: Socket, fault: Fault | null) {
    this.#client = client;
    this.#host = host;
    this.#fault = fault;
    this.#join(client, host, 'up');
    this.#join(host, client, 'down');
    if (fault?.atByte === 0) this.#act(fault);
  }

  /** what happened to it, or null as long as it is whole */
  get broken(): FaultKind | null {
    return this.#broken;
  }

  break(kind: FaultKind, pauseMs = 0): void {
    this.#broken = kind;
    const both = [this.#client, this.#host];
    switch (kind) {
      case 'fin':
        this.#swallows = true;
        return both.forEach((socket) => socket.end());
      case 'reset':
        this.#swallows = true;
        return both.forEach(reset);
      case 'cut-off':
        this.#swallows = true;
        return reset(this.#client);
      case 'stall':
        this.#swallows = true;
        return;
      case 'pause':
        both.forEach((socket) => socket.pause());
        setTimeout(() => both.forEach((socket) => socket.resume()), pauseMs);
    }
  }

  close(): void {
    this.#client.destroy();
    this.#host.destroy();
  }

  #join(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (chunk) => this.#pass(chunk, from, to, direction));
    from.on('end', () => !this.#swallows && to.end());
    // without a goodbye on one side there is none on the other
    from.on('error', () => reset(to));
  }

  #pass(chunk: Buffer, from: Socket, to: Socket, direction: Direction): void {
    if (this.#swallows) return;
    const before = this.passed[direction];
    const fault = this.#fault?.direction === direction ? this.#fault : null;
    const breaksHere = fault !== null && before < fault.atByte && before + chunk.byteLength >= fault.atByte;
    const part = breaksHere && fault.kind !== 'pause' ? chunk.subarray(0, fault.atByte - before) : chunk;
    this.passed[direction] += part.byteLength;
    if (!to.write(part)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
    if (breaksHere) this.#act(fault);
  }

  #act({ kind, pauseMs }: Fault): void {
    this.break(kind, pauseMs);
  }
}

/** A reset after a goodbye leaks the socket's handle (Node 20: libuv refuses it, and nobody closes the handle then). */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
