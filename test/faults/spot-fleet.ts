import { backedEc2, type BackedEc2, type BackedOptions } from '../helpers/ec2/backed-endpoint.ts';
import type { Ec2Instance } from '../helpers/ec2/instance.ts';
import { type Imds, imdsServer } from '../helpers/imds.ts';
import type { RunningSpot, SpotResult } from '../helpers/spot.ts';
import { Project } from '../e2e/project.ts';

/** A project whose fleet are instances of EC2 with a machine each, and a metadata service. */
export interface SpotFleet {
  readonly ec2: BackedEc2;
  /** by name, from `web-1` */
  readonly instances: readonly Ec2Instance[];
  readonly imds: Imds;
  readonly project: Project;
  /** with EC2's address and credentials; @param env goes before these */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<SpotResult>;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): RunningSpot;
}

export async function spotFleet(count: number, options: BackedOptions = {}): Promise<SpotFleet> {
  const ec2 = await backedEc2(options);
  const imds = await imdsServer();
  const project = new Project();
  project.write(
    'config.yaml',
    `aws:
  username: ${ec2.user}
  private_ssh_key_path: ${ec2.identity.file}
  regions: [us-east-1]
limits: { connect_timeout: 2s }
interruption: { metadata_endpoint: '${imds.url}' }
ssh: { config_file: ${ec2.sshConfigFile}, keepalive_interval: 300ms }
`,
  );
  const instances: Ec2Instance[] = [];
  for (let number = 1; number <= count; number += 1) {
    instances.push(await ec2.add({ tags: { Name: `web-${number}` } }));
  }
  const environment = (env: Readonly<Record<string, string>> = {}) => ({ env: { ...ec2.endpoint.env, ...env } });
  const fleet: SpotFleet = {
    ec2,
    instances,
    imds,
    project,
    run: (args, env) => project.run(args, environment(env)),
    start: (args, env) => project.start(args, environment(env)),
  };
  const synced = await fleet.run(['sync']);
  if (synced.exitCode !== 0) throw new Error(`spot sync ended with ${synced.exitCode}: ${synced.stderr}`);
  return fleet;
}
