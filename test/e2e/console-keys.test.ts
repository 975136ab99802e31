import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { backedEc2, type BackedEc2 } from '../helpers/ec2/backed-endpoint.ts';
import { cloudInitConsole } from '../helpers/ec2/console.ts';
import type { Ec2Instance } from '../helpers/ec2/instance.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { Ec2Project } from './ec2-project.ts';

leakCheck();

/** A project of one instance from EC2, which is known, and whose host key is not. */
async function scene(hostKeys: string): Promise<{ ec2: BackedEc2; instance: Ec2Instance; project: Ec2Project }> {
  const ec2 = await backedEc2({ console: false });
  const instance = await ec2.add({ tags: { Name: 'web-1' } });
  const project = new Ec2Project(ec2.endpoint);
  const config = `aws: { regions: [us-east-1], username: ${ec2.user}, private_ssh_key_path: ${ec2.identity.file} }
ssh: { config_file: ${ec2.sshConfigFile}, host_keys: ${hostKeys} }
`;
  project.write('config.yaml', config);
  await project.ok('sync');
  return { ec2, instance, project };
}

/** Its console shows its own key, or somebody else's. */
async function showKey(ec2: BackedEc2, instance: Ec2Instance, isOwn = true): Promise<void> {
  const other = makeKeyPair(join(tempDir(), 'other')).publicKey;
  instance.console = cloudInitConsole([isOwn ? (await ec2.hostOf(instance.id)).hostKey : other]);
}

const UPLOAD = ['upload-script', 'ok.sh', '--cleanup', '--no-sync'];

describe.skipIf(requireProgram('sshd') === null)('the host key of an instance from EC2', () => {
  test('is taken from its console, once that shows it', async () => {
    const { ec2, instance, project } = await scene('console');
    const early = await project.run(UPLOAD);
    expect(early.exitCode).toBe(4);
    expect(early.stderr).toContain(`and the console of ${instance.id} has none to compare it with yet`);
    await showKey(ec2, instance);
    await project.ok(...UPLOAD);
    const { hostKey } = await ec2.hostOf(instance.id);
    expect(project.rows('SELECT host_key FROM instances')).toEqual([{ host_key: hostKey }]);
    // it is pinned now: nobody is asked any more
    const asked = ec2.endpoint.requests.length;
    await project.ok(...UPLOAD);
    expect(ec2.endpoint.requests).toHaveLength(asked);
  });

  test('is waited for on its console with --wait-ready', async () => {
    const { ec2, instance, project } = await scene('console');
    const running = project.start([...UPLOAD, '--wait-ready'], { env: ec2.endpoint.env });
    await running.saw(`and the console of ${instance.id} has none to compare it with yet`, 20_000);
    await showKey(ec2, instance);
    expect(await running.result).toMatchObject({ exitCode: 0 });
  });

  test.each(['console', 'accept-new'])('is refused where its console shows another (%s)', async (hostKeys) => {
    const { ec2, instance, project } = await scene(hostKeys);
    await showKey(ec2, instance, false);
    const { stderr, exitCode } = await project.run(UPLOAD);
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`and the console of ${instance.id} has others; do not use it until you know why`);
  });

  test('is taken under accept-new where its console shows none, or AWS does not let us look', async () => {
    const { ec2, project } = await scene('accept-new');
    await project.ok(...UPLOAD);
    await project.ok('host-key', 'forget', 'web-1');
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    expect(await project.run(UPLOAD, { env })).toMatchObject({ exitCode: 0 });
    expect(ec2.endpoint.requestsFor('GetConsoleOutput')).toHaveLength(1);
    removeDeployFolders();
  });
});
