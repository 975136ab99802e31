import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { backedEc2, type BackedEc2, type BackedOptions } from '../helpers/ec2/backed-endpoint.ts';
import type { RunningSpot, SpotOptions, SpotResult } from '../helpers/spot.ts';
import { Project } from './project.ts';

type RunOptions = Omit<SpotOptions, 'cwd' | 'home'>;

/** A project whose EC2 is the test's own, with real machines in it. */
export class CloudProject extends Project {
  readonly ec2: BackedEc2;

  constructor(ec2: BackedEc2, addressService: string, more: readonly string[]) {
    super();
    this.ec2 = ec2;
    const aws = [
      `username: ${ec2.user}`,
      `private_ssh_key_path: ${ec2.identity.file}`,
      'regions: [us-east-1]',
      'tags: [team=web]',
      `address_service: ${addressService}`,
      ...more,
    ];
    const lines = ['aws:', ...aws.map((line) => `  ${line}`), `ssh:\n  config_file: ${ec2.sshConfigFile}`];
    this.write('config.yaml', `${lines.join('\n')}\n`);
  }

  override run(args: readonly string[], options: RunOptions = {}): Promise<SpotResult> {
    return super.run(args, this.#withCloud(options));
  }

  override start(args: readonly string[], options: RunOptions = {}): RunningSpot {
    return super.start(args, this.#withCloud(options));
  }

  /** Ids of the instances that EC2 has, or had. */
  get ids(): string[] {
    return this.ec2.endpoint.instances.map(({ id }) => id);
  }

  #withCloud(options: RunOptions): RunOptions {
    return { ...options, env: { ...this.ec2.endpoint.env, ...options.env } };
  }
}

/** @param more further lines of `aws:` in config.yaml */
export async function cloudProject(options: BackedOptions = {}, more: readonly string[] = []): Promise<CloudProject> {
  const ec2 = await backedEc2(options);
  return new CloudProject(ec2, await startAddressService(), more);
}

/** Says the address of whoever asks. */
async function startAddressService(): Promise<string> {
  const server = createServer((request, response) => response.end(`${request.socket.remoteAddress ?? ''}\n`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
