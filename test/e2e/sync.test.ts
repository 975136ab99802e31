import { describe, expect, test } from 'vitest';
import { backedEc2 } from '../helpers/ec2/backed-endpoint.ts';
import { ec2Endpoint } from '../helpers/ec2/endpoint.ts';
import { ACCESS_KEYS } from '../helpers/ec2/faults.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { Ec2Project, shownFor, SILENT, withoutTimes } from './ec2-project.ts';
import { Project } from './project.ts';
import { shapeOf } from './reader.ts';

leakCheck();

const named = (Name: string) => ({ tags: { Name }, publicIp: '127.0.0.1' });

describe('spot sync', () => {
  test('brings what EC2 has into the state: new, changed, gone, and nothing by hand', async () => {
    const ec2 = await ec2Endpoint();
    const project = new Ec2Project(ec2);
    const [web1, web2] = [ec2.add(named('web-1')), ec2.add(named('web-2'))];
    ec2.add({ ...named('eu-1'), region: 'eu-west-1', lifecycle: 'on-demand', state: 'stopped' });
    project.add('by-hand', '10.0.0.1');
    expect((await project.ok('sync')).stderr).toBe(
      'us-east-1: 2 added (web-1, web-2) in …\neu-west-1: 1 added (eu-1) in …\n',
    );
    ec2.setState(web1.id, 'stopped');
    ec2.forget(web2.id);
    ec2.add(named('web-3'));
    project.age(300);
    expect((await project.ok('sync')).stderr).toBe(
      'us-east-1: 1 added (web-3), 1 changed (web-1), 1 gone (web-2) in …\neu-west-1: 1 unchanged in …\n',
    );
    const states = ['by-hand running', 'eu-1 stopped', 'web-1 stopped', 'web-2 terminated', 'web-3 running'];
    expect(project.states()).toEqual(states);
  });

  test('finds what has the tags of the configuration, and does not call terminated what has lost them', async () => {
    const ec2 = await ec2Endpoint();
    const project = new Ec2Project(ec2, 'tags: { team: web }');
    const mine = ec2.add({ tags: { Name: 'web-1', team: 'web' }, publicIp: '127.0.0.1' });
    ec2.add({ tags: { Name: 'db-1', team: 'db' } });
    expect((await project.ok('sync')).stderr).toContain('us-east-1: 1 added (web-1) in …\n');
    mine.tags = { Name: 'web-1' };
    project.age(300);
    expect((await project.ok('sync')).stderr).toContain('us-east-1: 1 changed (web-1) in …\n');
    expect(project.states()).toEqual(['web-1 running']);
    const { stderr, exitCode } = await project.run(['upload-script', 'ok.sh']);
    expect({ stderr, exitCode }).toEqual({
      stderr:
        'spot: no instance has the tags of the fleet (1 with other tags than aws.tags); correct them, or aws.tags\n',
      exitCode: 69,
    });
  });

  test('reads all pages, and what a spot instance costs', async () => {
    const ec2 = await ec2Endpoint({ pageSize: 5 });
    const project = new Ec2Project(ec2);
    for (let count = 1; count <= 12; count += 1) ec2.add(named(`web-${count}`));
    await project.ok('sync');
    const rows = project.rows('SELECT DISTINCT lifecycle, typeof(hourly_price) AS price FROM instances');
    expect([project.states().length, rows]).toEqual([12, [{ lifecycle: 'spot', price: 'real' }]]);
  });

  test('looks up one region at a time on demand', async () => {
    const ec2 = await ec2Endpoint();
    const project = new Ec2Project(ec2);
    ec2.add(named('web-1'));
    expect((await project.ok('sync', '--region', 'us-west-2', '--region', 'us-east-1')).stderr).toBe(
      'us-west-2: no instance in …\nus-east-1: 1 added (web-1) in …\n',
    );
    expect(project.rows('SELECT region FROM syncs ORDER BY region')).toEqual([
      { region: 'us-east-1' },
      { region: 'us-west-2' },
    ]);
  });

  test('--json says the same to programs, as the page about it shows', async () => {
    const ec2 = await ec2Endpoint();
    const project = new Ec2Project(ec2);
    const { id } = ec2.add(named('web-1'));
    ec2.fail('DescribeInstances', { code: 'UnauthorizedOperation', status: 403 }, { region: 'eu-west-1' });
    const { stdout, exitCode } = await project.run(['sync', '--json']);
    const document: unknown = JSON.parse(stdout);
    expect([exitCode, document]).toMatchObject([
      78,
      {
        schema: 1,
        regions: [
          { region: 'us-east-1', synced_at: expect.stringMatching(/^20.*Z$/) as string, added: [id], error: null },
          { region: 'eu-west-1', synced_at: null, added: [], error: { code: 'aws-not-allowed' } },
        ],
        exit_code: 78,
      },
    ]);
    expect(shapeOf(document)).toEqual(shapeOf(shownFor('sync')));
  });
});

test('what is set or removed here, and EC2 brings back, is told as such', async () => {
  const ec2 = await ec2Endpoint();
  const project = new Ec2Project(ec2);
  ec2.add(named('web-1'));
  ec2.add({ publicIp: '127.0.0.2', tags: {} });
  await project.ok('sync');
  const place = ['--state', 'stopped', '--address', '10.0.0.9', '--user', 'admin', '--name', 'mine'];
  expect((await project.ok('set', 'web-1', ...place)).stderr).toBe(
    'updated mine: state stopped, name mine, address 10.0.0.9, user admin\n' +
      'spot: note: mine comes from EC2, and so does its state, name, address with the next sync\n',
  );
  const unnamed = ec2.instances[1]?.id ?? '';
  expect((await project.ok('set', unnamed, '--name', 'batch')).stderr).toBe('updated batch: name batch\n');
  expect((await project.ok('sync')).stderr).toContain('us-east-1: 1 changed (web-1), 1 unchanged in …\n');
  expect(project.rows('SELECT name, state, ssh_user FROM instances ORDER BY name')).toEqual([
    { name: 'batch', state: 'running', ssh_user: null },
    { name: 'web-1', state: 'running', ssh_user: 'admin' },
  ]);
  expect((await project.ok('remove', 'batch')).stderr).toBe(
    'removed batch\nspot: note: batch comes back with the next sync from EC2; end what is there with: spot destroy\n',
  );
});

describe('what goes wrong with spot sync', () => {
  test('in one region does not spoil the others, and both are told', async () => {
    const ec2 = await ec2Endpoint();
    const project = new Ec2Project(ec2);
    ec2.add(named('web-1'));
    ec2.fail('DescribeInstances', { code: 'InternalError', status: 500 }, { region: 'eu-west-1' });
    const { stderr, exitCode } = await project.run(['sync']);
    expect(exitCode).toBe(69);
    expect(withoutTimes(stderr)).toMatch(
      /^us-east-1: 1 added \(web-1\) in …\nspot: EC2 in eu-west-1 .*; eu-west-1 was never looked up\n$/,
    );
    expect(project.states()).toEqual(['web-1 running']);
  });

  test.each([
    [
      'expired credentials',
      { AWS_ACCESS_KEY_ID: ACCESS_KEYS.expired },
      78,
      /^spot: the AWS credentials have expired.*\n$/,
    ],
    ['no credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, 78, /^spot: no AWS credentials .*\n$/],
    ['nobody there', SILENT, 69, /^(spot: cannot reach EC2 in .*: the connection was refused; .*\n){2}$/],
  ])('everywhere (%s) is told once for each reason', async (_what, env, exitCode, stderr) => {
    const project = new Ec2Project(await ec2Endpoint());
    const result = await project.run(['sync'], { env });
    expect(result).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(stderr) as string });
  });
});

describe.skipIf(requireProgram('sshd') === null)('a run looks instances up first', () => {
  test('where that is due, and goes on with what was last seen where EC2 does not answer', async () => {
    const ec2 = await backedEc2();
    const { endpoint } = ec2;
    const project = new Ec2Project(endpoint);
    const login = [`username: ${ec2.user}`, `private_ssh_key_path: ${ec2.identity.file}`];
    project.configure('regions: [us-east-1]', ...login);
    const env = { SPOT_SSH_CONFIG_FILE: ec2.sshConfigFile };
    const run = (args: readonly string[], more = {}) =>
      project.run(['upload-script', 'ok.sh', '--cleanup', ...args], { env: { ...env, ...more } });
    await ec2.add({ tags: { Name: 'web-1' } });
    const first = await run([]);
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stderr).toContain('us-east-1: 1 added (web-1)\n1 instance: 1 running\n');
    // seen a moment ago
    await ec2.add({ tags: { Name: 'web-2' } });
    expect((await run([])).stderr).toContain('1 instance: 1 running\n');
    project.age(120);
    const silent = await run([], SILENT);
    expect(silent.stderr).toMatch(
      /^spot: warning: cannot reach EC2 in us-east-1: .*; us-east-1 is as last seen 2 min ago\n1 instance: 1 running\n/,
    );
    expect(silent.exitCode).toBe(0);
    expect((await run(['--no-sync'])).stderr).toMatch(/^1 instance: 1 running\n/);
    const asked = endpoint.requests.length;
    expect((await run(['--dry-run'])).stderr).toBe(
      'nothing is looked up in a dry run: us-east-1 is as last seen 2 min ago\n',
    );
    expect(endpoint.requests).toHaveLength(asked);
    expect((await run([])).stderr).toContain('us-east-1: 1 added (web-2)\n2 instances: 2 running\n');
    project.age(120);
    await ec2.add({ tags: { Name: 'web-3' } });
    expect((await project.run(['rerun', 'last', '--all'], { env })).stderr).toContain('us-east-1: 1 added (web-3)\n');
  });

  test('spot watch does so again and again: who joins the fleet gets the script', async () => {
    const ec2 = await backedEc2();
    const project = new Ec2Project(ec2.endpoint);
    const login = [`username: ${ec2.user}`, `private_ssh_key_path: ${ec2.identity.file}`];
    project.configure('regions: [us-east-1]', 'sync_max_age: 300ms', ...login);
    await ec2.add({ tags: { Name: 'web-1' } });
    const env = { ...ec2.endpoint.env, SPOT_SSH_CONFIG_FILE: ec2.sshConfigFile };
    const watching = project.start(['watch', 'ok.sh', '--cleanup', '--interval', '200ms'], { env });
    await watching.saw('1 instance lacks ok.sh: web-1', 20_000);
    await ec2.add({ tags: { Name: 'web-2' } });
    await watching.saw('1 instance lacks ok.sh: web-2', 20_000);
    ec2.endpoint.fail('DescribeInstances', { code: 'Blocked', status: 400 }, { times: 2 });
    await watching.saw('spot: warning: EC2 in us-east-1 ', 20_000);
    await watching.saw('EC2 answers again', 20_000);
    watching.kill('SIGTERM');
    expect(await watching.result).toMatchObject({ exitCode: 143 });
  });
});

test('whoever has nothing in AWS never asks there', async () => {
  const project = new Project();
  project.write('ok.sh', 'true\n');
  project.add('web-1', '127.0.0.1:1');
  const { stderr } = await project.run(['upload-script', 'ok.sh', '--retries', '0'], { env: SILENT });
  expect(stderr).toMatch(/^1 instance: 1 running\n/);
});
