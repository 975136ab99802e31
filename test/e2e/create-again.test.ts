import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { type CloudProject, cloudProject } from './creating.ts';

leakCheck();

const THREE = ['create', '--count', '3', '--name', 'web'];

function instancesOf(project: CloudProject): number {
  return project.ec2.endpoint.instances.filter(({ isAlive }) => isAlive).length;
}

describe.skipIf(requireProgram('sshd') === null)('kill -9', () => {
  test('before EC2 is asked: the same command goes on, and creates what was asked for', async () => {
    const project = await cloudProject();
    project.ec2.endpoint.fail('DescribeInstanceTypes', { delayMs: 1500 }, { times: 1 });
    const killed = project.start(THREE);
    await killed.saw('creation ');
    killed.kill('SIGKILL');
    await killed.result;
    const { stderr, exitCode } = await project.run(THREE);
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(/^going on with creation \S+, begun \d+ s ago: 0 of 3 created\n/);
    expect(instancesOf(project)).toBe(3);
  });

  test('while EC2 answers: the same call is repeated, and creates nothing twice', async () => {
    const project = await cloudProject();
    project.ec2.endpoint.fail('RunInstances', { closes: 'after', delayMs: 200 }, { times: 4 });
    const killed = project.start(THREE);
    await waitFor('the instances', () => instancesOf(project) === 3);
    killed.kill('SIGKILL');
    await killed.result;
    expect(project.rows('SELECT * FROM instances')).toEqual([]);
    const { stderr, exitCode } = await project.run(THREE);
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(instancesOf(project)).toBe(3);
    const tokens = project.ec2.endpoint.requestsFor('RunInstances').map(({ parameters }) => parameters['ClientToken']);
    expect(new Set(tokens).size).toBe(1);
  });

  test('while they are pending: the same command waits for those', async () => {
    const project = await cloudProject({ pace: { pending: { ms: 2000 } } });
    const killed = project.start(THREE);
    await waitFor('the rows', () => instancesOf(project) === 3 && project.rows('SELECT * FROM instances').length === 3);
    killed.kill('SIGKILL');
    await killed.result;
    const { stderr, exitCode } = await project.run(THREE);
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(/^going on with creation .+: 3 of 3 created\n/);
    expect(instancesOf(project)).toBe(3);
  });

  test('while the payload runs: each instance gets it once', async () => {
    const project = await cloudProject();
    const ran = join(project.home, 'ran');
    project.write('slow.sh', `#!/bin/sh\necho "$SPOT_INSTANCE_ID" >> "$1"\nsleep 2\n`);
    const args = [...THREE, '--payload', 'slow.sh', '--', ran];
    const killed = project.start(args);
    await killed.saw('uploaded', 20_000);
    await waitFor('a script', () => project.rows("SELECT * FROM attempts WHERE step = 'execute'").length > 0);
    killed.kill('SIGKILL');
    await killed.result;
    const { stderr, exitCode } = await project.run(args);
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    const ids = project.ids;
    expect(linesOf(ran).sort()).toEqual([...ids].sort());
    expect(ids).toHaveLength(3);
    removeDeployFolders();
  });
});

describe.skipIf(requireProgram('sshd') === null)('kill -9 again and again', () => {
  test('never makes more instances than were asked for, and none of them runs the payload twice', async () => {
    const project = await cloudProject({ pace: { pending: { ms: 500 } } });
    const ran = join(project.home, 'ran');
    project.write('setup.sh', '#!/bin/sh\necho "$SPOT_INSTANCE_ID" >> "$1"\nsleep 1\n');
    const flags = ['--client-token', 'once', '--payload', 'setup.sh', '--no-files'];
    const args = [...THREE, ...flags, '--', ran];
    for (const ms of [500, 700, 900, 1200, 1600, 2100]) {
      const killed = project.start(args);
      await sleep(ms);
      killed.kill('SIGKILL');
      await killed.result;
      expect(instancesOf(project)).toBeLessThanOrEqual(3);
    }
    const { stderr, exitCode } = await project.run(args);
    // whoever was killed in the very moment of a start cannot know whether it happened: that is told, and left alone
    expect({ stderr, exitCode }).toMatchObject({ exitCode: stderr.includes('nobody knows') ? 4 : 0 });
    expect(instancesOf(project)).toBe(3);
    expect(new Set(linesOf(ran)).size).toBe(linesOf(ran).length);
    removeDeployFolders();
  }, 60_000);
});

describe.skipIf(requireProgram('sshd') === null)('Ctrl-C while the payload runs', () => {
  test('stops it everywhere, and the same command goes on with the same instances', async () => {
    const project = await cloudProject();
    project.write('slow.sh', '#!/bin/sh\n[ -e "$1/again" ] || sleep 30\n');
    const args = [...THREE, '--payload', 'slow.sh', '--no-files', '--', project.home];
    const stopped = project.start(args);
    const executing = () => project.rows("SELECT * FROM attempts WHERE step = 'execute'").length === 3;
    await stopped.saw('uploaded', 20_000);
    await waitFor('the scripts', executing);
    stopped.kill('SIGINT');
    const { stderr, exitCode } = await stopped.result;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(
      /\nspot: creation \S+ is not finished; its instances: .+\n {2}go on with: the same command again\n/,
    );
    project.write('../home/again', '');
    const again = await project.run(args);
    expect({ stderr: again.stderr, exitCode: again.exitCode }).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toContain('3 of 3 instances succeeded');
    expect(instancesOf(project)).toBe(3);
    removeDeployFolders();
  });
});

describe.skipIf(requireProgram('sshd') === null)('Ctrl-C while instances are pending', () => {
  test('names what exists, and the same command goes on with it', async () => {
    const project = await cloudProject({ pace: { pending: { ms: 3000 } } });
    const stopped = project.start(THREE);
    await waitFor('the rows', () => instancesOf(project) === 3 && project.rows('SELECT * FROM instances').length === 3);
    stopped.kill('SIGINT');
    const { stderr, exitCode } = await stopped.result;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(
      /spot: stopped by Ctrl-C\nspot: creation (\S+) is not finished: 3 of 3 created \(.+\)\nspot: go on with: the same command again\nspot: end it with: spot destroy --limit spot:creation=\1\n$/,
    );
    expect((await project.run(THREE)).exitCode).toBe(0);
    expect(instancesOf(project)).toBe(3);
  });

  test('and their end by spot destroy: the same command begins anew', async () => {
    const project = await cloudProject({ pace: { pending: { ms: 500 } } });
    project.ec2.endpoint.fail('DescribeInstances', { delayMs: 1000 }, { times: 1 });
    const stopped = project.start(THREE);
    await waitFor('the rows', () => instancesOf(project) === 3 && project.rows('SELECT * FROM instances').length === 3);
    stopped.kill('SIGINT');
    const [, id = ''] = /spot:creation=(\S+)/.exec((await stopped.result).stderr) ?? [];
    const destroyed = await project.run(['destroy', '--limit', `spot:creation=${id}`, '--yes']);
    expect(destroyed).toMatchObject({ exitCode: 0 });
    expect(instancesOf(project)).toBe(0);
    const { stderr, exitCode } = await project.run(THREE);
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(/^creation /);
    expect(instancesOf(project)).toBe(3);
  });
});

describe.skipIf(requireProgram('sshd') === null)('the same command after all is done', () => {
  test('creates more', async () => {
    const project = await cloudProject();
    await project.run(['create']);
    await project.run(['create']);
    expect(instancesOf(project)).toBe(2);
  });

  test('creates nothing with a client token, not even from another machine', async () => {
    const project = await cloudProject();
    const args = ['create', '--count', '2', '--client-token', 'build-42', '--json'];
    const documents = [(await project.run(args)).stdout, (await project.run(args)).stdout];
    rmSync(join(project.cwd, '.spot'), { recursive: true });
    documents.push((await project.run(args)).stdout);
    const ids = documents.map((text) =>
      (JSON.parse(text) as { instances: { instance_id: string }[] }).instances.map(({ instance_id }) => instance_id),
    );
    expect(ids).toEqual([project.ids, project.ids, project.ids]);
    expect(project.ids).toHaveLength(2);
    const other = await project.run(['create', '--count', '3', '--client-token', 'build-42']);
    expect(other).toMatchObject({
      exitCode: 64,
      stderr:
        'spot: --client-token build-42 was used for another request; give the same flags again, or another word\n',
    });
  });
});

test.skipIf(requireProgram('sshd') === null)(
  'a client token is refused while another call with it is under way',
  async () => {
    const project = await cloudProject({ pace: { pending: { ms: 1500 } } });
    const args = ['create', '--client-token', 'build-7'];
    const first = project.start(args);
    await first.saw('asking for 1');
    const { stderr, exitCode } = await project.run(args);
    expect({ stderr, exitCode }).toEqual({
      stderr: expect.stringMatching(
        /^spot: --client-token build-7: process \d+ on \S+ is at that creation; try again when it is done\n$/,
      ) as string,
      exitCode: 69,
    });
    expect((await first.result).exitCode).toBe(0);
  },
);

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').trim().split('\n');
}
