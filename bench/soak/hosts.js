// The hosts of a soak: real sshd, each behind a link that breaks.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { loadParts } from '../bundle.js';

const FLEET = fileURLToPath(new URL('../fleet.sh', import.meta.url));

/** Kinds of faults, and how long a pause holds, ms. */
export const FAULTS = ['fin', 'reset', 'cut-off', 'stall', 'pause'];
const LONGEST_PAUSE_MS = 3000;
/** About what passes in one direction of a connection, bytes. */
const MOST_BYTES = { up: 1_500_000, down: 3_000_000 };

/** One host in reach: `home` is where its scripts start. */
export class Hosts {
  login;
  /** @type {{ id: string, home: string, address: string, port: number }[]} */
  all = [];
  #folder;
  #proxies = [];
  /** chooses faults; null while no link breaks */
  #random = null;

  /** @param {string} folder a new one, for the fleet */
  constructor(folder) {
    this.#folder = folder;
    this.login = { user: userInfo().username, keyFile: join(folder, 'id_ed25519') };
  }

  async start(count, port) {
    const env = { ...process.env, PORT: String(port) };
    execFileSync(FLEET, ['up', String(count), this.#folder], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const { Proxy } = await loadParts(`export { Proxy } from './test/helpers/tcp-proxy.ts';`);
    const addresses = readFileSync(join(this.#folder, 'hosts'), 'utf8').trim().split('\n');
    for (const [index, address] of addresses.entries()) {
      const proxy = new Proxy({ address, port }, () => this.#chooseFault());
      await proxy.listen();
      this.#proxies.push(proxy);
      const id = `h-${String(index + 1).padStart(2, '0')}`;
      this.all.push({ id, home: join(this.#folder, address, 'home'), address: proxy.address, port: proxy.port });
    }
  }

  /** From now on links break, as these numbers say. */
  harass(random) {
    this.#random = random;
  }

  /** From now on new connections stay whole. */
  calm() {
    this.#random = null;
  }

  /** Closes all connections. @returns how often each kind of fault has come about since the last time */
  async hangUp() {
    const broken = this.#proxies.flatMap((proxy) => proxy.links.map((link) => link.broken));
    for (const proxy of this.#proxies) {
      proxy.close();
      proxy.links.length = 0;
      await proxy.listen();
    }
    return Object.fromEntries(FAULTS.map((kind) => [kind, broken.filter((each) => each === kind).length]));
  }

  stop() {
    for (const proxy of this.#proxies) proxy.close();
    execFileSync(FLEET, ['down', this.#folder]);
  }

  /** Every second connection breaks somewhere. */
  #chooseFault() {
    const random = this.#random;
    if (random === null || random.chance(0.5)) return null;
    const direction = random.pick(['up', 'down']);
    return {
      kind: random.pick(FAULTS),
      direction,
      atByte: random.anySize(MOST_BYTES[direction]),
      pauseMs: random.between(0, LONGEST_PAUSE_MS),
    };
  }
}
