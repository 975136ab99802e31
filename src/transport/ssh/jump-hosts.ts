import { performance } from 'node:perf_hooks';
import type { Client } from 'ssh2';
import type { Deadline } from '../../util/deadline.ts';
import { ConnectError } from '../transport.ts';
import { connectProblem } from './connect-problem.ts';
import { type Link, openTcp } from './dial.ts';
import type { ResolvedHop } from './ssh-config.ts';
import type { HopRequest, Login } from './ssh-transport.ts';

type LogIn = (request: HopRequest, link: Link, deadline: Deadline) => Promise<Login>;

/** Connections to the machines of ProxyJump chains: one a chain, shared by all instances behind it. */
export class JumpHosts {
  readonly #logIn: LogIn;
  readonly #clients = new Map<string, Promise<Client>>();

  constructor(logIn: LogIn) {
    this.#logIn = logIn;
  }

  /**
   * Opens a stream to a machine behind a chain.
   * @throws ConnectError that names the machine of the chain which did not let us through
   */
  async open(jumps: readonly ResolvedHop[], to: ResolvedHop, deadline: Deadline): Promise<Link> {
    const last = jumps.at(-1);
    if (last === undefined) return openDirectly(to, deadline);
    const client = await deadline.race(this.#client(jumps, last, deadline));
    const started = performance.now();
    const forwarding = new Promise<Link['stream']>((resolve, reject) => {
      client.forwardOut('127.0.0.1', 0, to.address, to.port, (error, stream) =>
        error ? reject(error) : resolve(stream),
      );
    });
    try {
      return { stream: await deadline.race(forwarding), roundTripMs: performance.now() - started };
    } catch (error) {
      throw new ConnectError('unreachable', throughJump(connectProblem(error, to, 'open'), last), error);
    }
  }

  async close(): Promise<void> {
    const clients = await Promise.allSettled(this.#clients.values());
    this.#clients.clear();
    for (const client of clients) if (client.status === 'fulfilled') client.value.end();
  }

  #client(jumps: readonly ResolvedHop[], last: ResolvedHop, deadline: Deadline): Promise<Client> {
    const key = jumps.map(({ user, address, port }) => `${user}@${address}:${port}`).join(',');
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const connecting = this.#connect(jumps, last, deadline);
    this.#clients.set(key, connecting);
    const forget = (): void => {
      if (this.#clients.get(key) === connecting) this.#clients.delete(key);
    };
    connecting.then((client) => client.once('close', forget), forget);
    return connecting;
  }

  async #connect(jumps: readonly ResolvedHop[], last: ResolvedHop, deadline: Deadline): Promise<Client> {
    const link = await this.open(jumps.slice(0, -1), last, deadline);
    const label = last.address;
    const { client } = await this.#logIn(
      { hop: last, label, instanceId: label, pinnedKey: null, isJump: true },
      link,
      deadline,
    );
    return client;
  }
}

async function openDirectly(to: ResolvedHop, deadline: Deadline): Promise<Link> {
  try {
    return await openTcp(to.address, to.port, deadline.signal);
  } catch (error) {
    throw new ConnectError('unreachable', connectProblem(error, to, 'open'), error);
  }
}

function throughJump(problem: { readonly code: string; readonly message: string }, jump: ResolvedHop) {
  return { code: problem.code, message: `${problem.message} (through ${jump.address})` };
}
