import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type KeyPair, makeKeyPair } from '../keys.ts';
import { freePort, startSshd, type SshdOptions } from '../sshd.ts';
import type { SshdHost } from '../sshd-host.ts';
import { LoopbackAddresses } from './addresses.ts';
import { cloudInitConsole } from './console.ts';
import { type Ec2Endpoint, type Ec2Options, startEc2 } from './endpoint.ts';
import type { Backing } from './hosts.ts';
import type { Ec2Instance } from './instance.ts';
import { removeRunsOf } from './runs-of.ts';
import type { Seed } from './seed.ts';

export interface BackedOptions extends Omit<Ec2Options, 'hosts'> {
  /** what is particular about an instance's sshd: its shell, its environment, its host key */
  readonly sshd?: (instance: Ec2Instance) => Omit<SshdOptions, 'address' | 'port' | 'identityFile'>;
  /** from the launch until sshd listens, ms; 0 by default */
  readonly bootMs?: number;
  /** false: what cloud-init prints about host keys does not reach the console */
  readonly console?: boolean;
  /** true: the next instance gets an address that has become free, as all day on EC2 */
  readonly reusesAddresses?: boolean;
  /** what clients see of a reclaimed instance: closed connections (`cut`, the default), or nothing any more (`silence`) */
  readonly reclaimed?: 'cut' | 'silence';
}

/**
 * An endpoint whose instances are real: each has an sshd on an address of its own, started at the launch and stopped
 * when the instance is terminated or reclaimed, with all that ran on it. It lets in the key pair of the launch; an
 * instance that `add` made lets in `identity`. Closed when the test is over.
 *
 *     const ec2 = await backedEc2();
 *     const instance = await ec2.add({ tags: { Name: 'web-1' } });
 *     // `ssh.config_file` of the program: it has the port, which EC2 does not tell
 *     const config = { ssh: { config_file: ec2.sshConfigFile }, aws: { private_ssh_key_path: ec2.identity.file, … } };
 *     ec2.endpoint.reclaim(instance.id);
 */
export async function backedEc2(options: BackedOptions = {}): Promise<BackedEc2> {
  const ec2 = new BackedEc2(options);
  await ec2.start();
  onTestFinished(() => ec2.close());
  return ec2;
}

export class BackedEc2 {
  /** whom the instances let in: the account of the tests */
  readonly user = userInfo().username;
  /** a key pair, as `aws.private_ssh_key_path` and `aws.public_ssh_key_path` have it */
  readonly identity: KeyPair;
  /** for `ssh.config_file`, and for `ssh -F` */
  readonly sshConfigFile: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ec2-'));
  readonly #hosts = new Map<string, Promise<SshdHost>>();
  readonly #addresses: LoopbackAddresses;
  readonly #options: BackedOptions;
  #endpoint: Ec2Endpoint | null = null;
  #port = 0;

  constructor(options: BackedOptions) {
    this.#options = options;
    this.#addresses = new LoopbackAddresses(options.reusesAddresses ?? false);
    this.identity = makeKeyPair(join(this.#folder, 'id_ed25519'));
    this.sshConfigFile = join(this.#folder, 'ssh_config');
  }

  get endpoint(): Ec2Endpoint {
    if (this.#endpoint === null) throw new Error('the endpoint was not started');
    return this.#endpoint;
  }

  /** the one that every sshd listens on */
  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    this.#port = await freePort(this.#addresses.next);
    writeFileSync(this.sshConfigFile, `Host 127.*\n  Port ${this.#port}\n`);
    const hosts = (instance: Ec2Instance, publicKey: string | null) => this.#raise(instance, publicKey);
    this.#endpoint = await startEc2({ ...this.#options, hosts });
  }

  /** An instance that is there before the test begins, once its sshd listens. */
  async add(seed: Seed = {}): Promise<Ec2Instance> {
    const instance = this.endpoint.add({ publicKey: this.identity.publicKey, keyName: 'test', ...seed });
    await this.#hosts.get(instance.id);
    return instance;
  }

  /** The machine of an instance, once its sshd listens. @throws Error for an instance that never had one */
  async hostOf(id: string): Promise<SshdHost> {
    const host = this.#hosts.get(id);
    if (host === undefined) throw new Error(`${id} has no machine`);
    return host;
  }

  async close(): Promise<void> {
    try {
      await this.endpoint.close();
    } finally {
      await Promise.allSettled([...this.#hosts.values()].map(async (host) => end(await host)));
      rmSync(this.#folder, { recursive: true });
    }
  }

  #raise(instance: Ec2Instance, publicKey: string | null): Backing {
    const { publicIp, privateIp } = this.#addresses.take();
    const booted = this.#boot(instance, publicIp, publicKey);
    // whoever waits for it hears why
    booted.catch(() => undefined);
    this.#hosts.set(instance.id, booted);
    const stop = async () => {
      await end(await booted);
      this.#addresses.giveBack(publicIp);
    };
    const silence = async () => (await booted).freeze();
    return { publicIp, privateIp, stop, cut: this.#options.reclaimed === 'silence' ? silence : stop };
  }

  async #boot(instance: Ec2Instance, address: string, publicKey: string | null): Promise<SshdHost> {
    await sleep(this.#options.bootMs ?? 0);
    const special = this.#options.sshd?.(instance) ?? {};
    const host = await startSshd({ ...special, address, port: this.#port, ...this.#loginOf(instance, publicKey) });
    if (this.#options.console !== false) instance.console ??= cloudInitConsole([host.hostKey]);
    return host;
  }

  /** Without a key pair nobody has the key that is let in, as on EC2. */
  #loginOf(instance: Ec2Instance, publicKey: string | null): Pick<SshdOptions, 'identityFile'> {
    if (publicKey === null) return {};
    const identityFile = join(this.#folder, instance.id);
    writeFileSync(`${identityFile}.pub`, publicKey);
    return { identityFile };
  }
}

/** The machine goes, and its disk with it: /tmp is shared here, so what its runs left there is looked for. */
async function end(host: SshdHost): Promise<void> {
  const removeRuns = removeRunsOf(host);
  await host.close();
  removeRuns();
}
