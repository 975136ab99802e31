import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import process from 'node:process';
import {
  DescribeInstancesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  ImportKeyPairCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backedEc2, type BackedEc2 } from '../helpers/ec2/backed-endpoint.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

leakCheck();

/** Runs a command with OpenSSH's client and the port of the ssh_config. */
async function ssh(ec2: BackedEc2, address: string, command: string, identity = ec2.identity.file): Promise<string> {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes'];
  const args = ['-F', ec2.sshConfigFile, '-i', identity, ...options.flatMap((option) => ['-o', option])];
  return (await promisify(execFile)('ssh', [...args, `${ec2.user}@${address}`, command])).stdout;
}

function clientOf({ endpoint }: BackedEc2): EC2Client {
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'x' };
  const client = new EC2Client({ region: 'us-east-1', endpoint: endpoint.url, credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  return client;
}

function addressOf(ec2: BackedEc2, id: string): string {
  return ec2.endpoint.instance(id).backing?.publicIp ?? '';
}

describe.skipIf(requireProgram('sshd') === null || requireProgram('ssh') === null)('an instance with a machine', () => {
  test('is reached at the address that EC2 tells, with the key pair it was launched with', async () => {
    const ec2 = await backedEc2();
    const client = clientOf(ec2);
    const { file, publicKey } = makeKeyPair(join(tempDir(), 'mine'));
    const material = Buffer.from(`${publicKey} me@here\n`);
    await client.send(new ImportKeyPairCommand({ KeyName: 'mine', PublicKeyMaterial: material }));
    const ImageId = ec2.endpoint.region().images[0]?.id;
    const wanted = { ImageId, InstanceType: 't3.micro' as const, KeyName: 'mine', MinCount: 2, MaxCount: 2 };
    const { Instances = [] } = await client.send(new RunInstancesCommand(wanted));
    await client.send(new DescribeInstancesCommand({}));
    const { Reservations: [running] = [] } = await client.send(new DescribeInstancesCommand({}));
    const addresses = running?.Instances?.map(({ PublicIpAddress = '' }) => PublicIpAddress) ?? [];
    expect(new Set(addresses).size).toBe(2);
    await Promise.all(Instances.map(({ InstanceId = '' }) => ec2.hostOf(InstanceId)));
    const homes = await Promise.all(addresses.map((address) => ssh(ec2, address, 'pwd', file)));
    expect(new Set(homes).size).toBe(2);
    await expect(ssh(ec2, addresses[0] ?? '', 'pwd')).rejects.toThrow('Permission denied');
  });

  test('prints its host key to its console when it has booted', async () => {
    const ec2 = await backedEc2({ bootMs: 50 });
    const { id } = ec2.endpoint.add();
    const consoleOf = async () => {
      const { Output = '' } = await clientOf(ec2).send(new GetConsoleOutputCommand({ InstanceId: id }));
      return Buffer.from(Output, 'base64').toString();
    };
    expect(await consoleOf()).toBe('');
    const { hostKey } = await ec2.hostOf(id);
    const text = await waitFor('the console', consoleOf);
    expect(text.split('\r\n')).toContain(`${hostKey} root@ip-172-31-0-1`);
    expect(text).toMatch(
      /BEGIN SSH HOST KEY FINGERPRINTS-----\r\n.*: 256 SHA256:[\w+/]{43} root@ip-172-31-0-1 \(ED25519\)\r\n/,
    );
  });

  test.each(['terminated', 'reclaimed'])('that is %s is cut off in the middle of what it did', async (how) => {
    const ec2 = await backedEc2();
    const { id } = await ec2.add();
    const host = await ec2.hostOf(id);
    const session = ssh(ec2, addressOf(ec2, id), 'echo up; exec sleep 321');
    await waitFor('the session', () => host.processes().some(({ command }) => command === 'sleep 321'));
    if (how === 'terminated') ec2.endpoint.terminate(id);
    else ec2.endpoint.reclaim(id);
    await expect(session).rejects.toMatchObject({ code: 255, stdout: 'up\n' });
    await ec2.endpoint.settled();
    expect(host.processes()).toEqual([]);
    await expect(ssh(ec2, addressOf(ec2, id), 'true')).rejects.toThrow('Connection refused');
  });

  test('takes the folders of its runs along, as its disk would', async () => {
    const ec2 = await backedEc2();
    const { id } = await ec2.add();
    const own = `/tmp/deploy_files_20260101T000000000000_${process.pid}`;
    const foreign = `/tmp/deploy_files_20260101T000000000001_${process.pid}`;
    for (const folder of [own, foreign]) mkdirSync(folder);
    onTestFinished(() => rmSync(foreign, { recursive: true }));
    writeFileSync(join(own, 'file'), '');
    const session = ssh(ec2, addressOf(ec2, id), `DEPLOY_FILES_DIR=${own} sleep 322`);
    const host = await ec2.hostOf(id);
    await waitFor('the session', () => host.processes().some(({ command }) => command === 'sleep 322'));
    ec2.endpoint.reclaim(id);
    await expect(session).rejects.toThrow();
    await ec2.endpoint.settled();
    expect([own, foreign].map((folder) => existsSync(folder))).toEqual([false, true]);
  });

  test('that is reclaimed may go silent, with its connections open', async () => {
    const ec2 = await backedEc2({ reclaimed: 'silence' });
    const { id } = await ec2.add();
    ec2.endpoint.reclaim(id);
    const attempt = promisify(execFile)('ssh', [
      ...['-F', ec2.sshConfigFile, '-o', 'ConnectTimeout=1', '-o', 'BatchMode=yes'],
      addressOf(ec2, id),
    ]);
    await expect(attempt).rejects.toThrow('timed out');
  });

  test('may get the address of one that is gone', async () => {
    const ec2 = await backedEc2({ reusesAddresses: true });
    const [first, second] = [await ec2.add(), await ec2.add()];
    const address = addressOf(ec2, first.id);
    expect(addressOf(ec2, second.id)).not.toBe(address);
    ec2.endpoint.terminate(first.id);
    await ec2.endpoint.settled();
    const third = await ec2.add();
    expect(addressOf(ec2, third.id)).toBe(address);
    const keys = [await ec2.hostOf(second.id), await ec2.hostOf(third.id)].map(({ hostKey }) => hostKey);
    expect(new Set(keys).size).toBe(2);
  });
});
