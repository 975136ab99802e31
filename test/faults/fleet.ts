import type { Sandbox } from '../../src/transport/ssh/sandbox/sandbox.ts';
import { Project } from '../e2e/project.ts';
import { sandboxOf } from './sandbox.ts';

export interface Fleet {
  readonly sandbox: Sandbox;
  readonly project: Project;
  /** `user@address:port` of the instance of this number, from 1 */
  readonly spec: (number: number) => string;
}

/**
 * A project whose fleet are the first `known` instances of a sandbox, as `web-1`, `web-2`, …
 * @param count how many instances there are
 */
export async function fleetOf(count: number, known = count): Promise<Fleet> {
  const sandbox = await sandboxOf({ count });
  const project = new Project();
  project.write('config.yaml', `aws:\n  private_ssh_key_path: ${sandbox.privateKeyPath}\n`);
  const specs = sandbox.instances.map(({ user, address, port }) => `${user}@${address}:${port}`);
  specs.slice(0, known).forEach((spec, index) => project.add(`web-${index + 1}`, spec));
  return { sandbox, project, spec: (number) => specs[number - 1] as string };
}
