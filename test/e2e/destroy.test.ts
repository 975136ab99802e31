import { describe, expect, test } from 'vitest';
import { backedEc2 } from '../helpers/ec2/backed-endpoint.ts';
import { ec2Endpoint, type Ec2Endpoint } from '../helpers/ec2/endpoint.ts';
import { denied } from '../helpers/ec2/faults.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { Ec2Project, shownFor, withoutTimes } from './ec2-project.ts';
import { shapeOf } from './reader.ts';
import { CTRL_C, ENTER, openTerminal } from './terminal.ts';

leakCheck();

/** Two instances in one region and one in another, and one by hand. */
async function aFleet(): Promise<{ ec2: Ec2Endpoint; project: Ec2Project }> {
  const ec2 = await ec2Endpoint();
  const project = new Ec2Project(ec2);
  const launchedAt = new Date(Date.now() - 3 * 3_600_000);
  for (const Name of ['web-1', 'web-2']) ec2.add({ tags: { Name }, publicIp: '127.0.0.1', launchedAt });
  ec2.add({ tags: { Name: 'eu-1' }, region: 'eu-west-1', launchedAt });
  project.add('by-hand', '10.0.0.1');
  return { ec2, project };
}

function statesIn(ec2: Ec2Endpoint): string[] {
  return ec2.instances.map(({ tags, state }) => `${tags['Name'] ?? ''} ${state}`);
}

describe('spot destroy', () => {
  test('terminates all regions at once, waits, and forgets nothing', async () => {
    const { ec2, project } = await aFleet();
    const { stderr } = await project.ok('destroy', '--all', '--yes');
    const lines = stderr.split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'us-east-1: 2 added (web-1, web-2)',
      'eu-west-1: 1 added (eu-1)',
      'terminating 3 instances (web-1, web-2, eu-1)',
    ]);
    expect(lines.slice(3, -2).sort()).toEqual(
      ['eu-1', 'web-1', 'web-2'].flatMap((name) => [`${name}  shutting-down`, `${name}  terminated`]),
    );
    expect(lines.slice(-2)).toEqual(['3 of 3 instances terminated in ….', '']);
    expect(statesIn(ec2)).toEqual(['web-1 terminated', 'web-2 terminated', 'eu-1 terminated']);
    expect(project.states()).toEqual(['by-hand running', 'eu-1 terminated', 'web-1 terminated', 'web-2 terminated']);
    expect((await project.ok('destroy', '--all', '--yes')).stderr).toBe(
      'nothing to terminate: 3 instances ended before\n',
    );
  });

  test('--dry-run names what would go, and asks nobody to end anything', async () => {
    const { ec2, project } = await aFleet();
    const { stdout, stderr } = await project.ok('destroy', '--all', '--exclude', 'web-2', '--dry-run');
    const [web1, , eu1] = ec2.instances;
    expect(stdout).toBe(
      `NAME   ID                   TYPE      ZONE        STATE    AGE
web-1  ${web1?.id ?? ''}  t3.micro  us-east-1a  running  3 h
eu-1   ${eu1?.id ?? ''}  t3.micro  eu-west-1a  running  3 h
`,
    );
    expect(stderr).toMatch(/\nDry run: 2 instances would be terminated\.\n$/);
    expect(ec2.requestsFor('TerminateInstances')).toEqual([]);
  });

  test('goes on in other regions where one refuses, and says why it does', async () => {
    const { ec2, project } = await aFleet();
    ec2.fail('TerminateInstances', denied('TerminateInstances', 'us-east-1'), { region: 'us-east-1' });
    const { stdout, stderr, exitCode } = await project.run(['destroy', '--all', '--yes', '--json']);
    expect(exitCode).toBe(78);
    expect(withoutTimes(stderr)).toMatch(
      /\n1 of 3 instances terminated in ….\nspot: web-1, web-2 not terminated: arn:.* may not do ec2:TerminateInstances .*\n$/,
    );
    const document = JSON.parse(stdout) as { exit_code: number; instances: Record<string, unknown>[] };
    expect(document).toMatchObject({ schema: 1, dry_run: false, exit_code: 78 });
    expect(document.instances).toMatchObject([
      { name: 'web-1', state: 'running', ordered: false, error: { code: 'aws-not-allowed' } },
      { name: 'web-2', state: 'running', ordered: false, error: { code: 'aws-not-allowed' } },
      { name: 'eu-1', region: 'eu-west-1', state: 'terminated', ordered: true, error: null },
    ]);
    expect(shapeOf(document)).toEqual(shapeOf(shownFor('destroy')));
    expect(project.states()).toEqual(['by-hand running', 'eu-1 terminated', 'web-1 running', 'web-2 running']);
  });

  test.each([
    [
      'that nobody confirms',
      ['--limit', 'web-*'],
      64,
      /2 instances \(web-1, web-2\) would be terminated; say --yes to have that done/,
    ],
    ['of none', [], 64, /say which instances with --limit, or --all for every instance from EC2/],
    [
      'of all and of some',
      ['--all', '--limit', 'web-1'],
      64,
      /--all and --limit exclude each other; leave one of them out/,
    ],
    [
      'of one that is not there',
      ['--limit', 'web-9', '--yes'],
      69,
      /--limit web-9 matches no instance; see what there is with: spot list/,
    ],
    [
      'of one that was added by hand',
      ['--limit', 'web-1,by-hand', '--yes'],
      69,
      /by-hand was added by hand, .*; forget it with: spot remove by-hand/,
    ],
  ])('is refused the end %s', async (_what, words, exitCode, message) => {
    const { ec2, project } = await aFleet();
    const result = await project.run(['destroy', ...words]);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^spot: ${message.source}$`));
    expect(ec2.requestsFor('TerminateInstances')).toEqual([]);
  });
});

describe.skipIf(requireProgram('script') === null)('spot destroy in a terminal', () => {
  test('names what goes and asks; Enter alone means no', async () => {
    const { ec2, project } = await aFleet();
    const terminal = openTerminal(project, ['destroy', '--limit', 'web-*'], ec2.env);
    await terminal.saw('Terminate 2 instances? [y/N]');
    for (const { id } of ec2.instances.slice(0, 2)) expect(terminal.shown()).toContain(id);
    expect(terminal.shown()).toContain('2 instances will be terminated; what is on them is lost.');
    terminal.type(ENTER);
    expect(await terminal.exitCode).toBe(130);
    expect(terminal.shown()).toContain('spot: nothing was done');
    expect(ec2.requestsFor('TerminateInstances')).toEqual([]);
  });

  test('shows how far it is; Ctrl-C leaves, and says that EC2 goes on', async () => {
    const ec2 = await ec2Endpoint({ pace: { shuttingDown: { ms: 60_000 } } });
    const project = new Ec2Project(ec2);
    ec2.add({ tags: { Name: 'web-1' } });
    const terminal = openTerminal(project, ['destroy', '--all'], ec2.env);
    await terminal.saw('Terminate 1 instance? [y/N]');
    terminal.type(`y${ENTER}`);
    await terminal.saw('0 of 1 terminated, 1 shutting down');
    terminal.type(CTRL_C);
    expect(await terminal.exitCode).toBe(130);
    expect(withoutTimes(terminal.shown())).toContain(
      '0 of 1 instance terminated in ….\r\nspot: EC2 goes on to terminate web-1; look with: spot sync\r\n',
    );
    expect(project.states()).toEqual(['web-1 shutting-down']);
  });
});

describe.skipIf(requireProgram('sshd') === null)('spot destroy and spot list', () => {
  test('say which instances have an unfinished run, and what came of the others', async () => {
    const ec2 = await backedEc2();
    const project = new Ec2Project(ec2.endpoint);
    project.configure('regions: [us-east-1]', `username: ${ec2.user}`, `private_ssh_key_path: ${ec2.identity.file}`);
    const env = { ...ec2.endpoint.env, SPOT_SSH_CONFIG_FILE: ec2.sshConfigFile };
    for (const Name of ['web-1', 'web-2']) await ec2.add({ tags: { Name, role: Name, 'aws:x': 'y' } });
    project.write('long.sh', 'sleep 60\n');
    expect((await project.run(['upload-script', 'ok.sh', '--cleanup'], { env })).exitCode).toBe(0);
    const detached = await project.run(['upload-script', 'long.sh', '-l', 'web-2', '--detach'], { env });
    const runId = /run (\S+):/.exec(detached.stderr)?.[1] ?? '';
    const { stdout, stderr } = await project.ok('destroy', '--all', '--dry-run');
    expect(stdout).toMatch(new RegExp(`UNFINISHED RUN\nweb-1 .* \\d+ m?s?i?n?\nweb-2 .* ${runId}\n$`));
    expect(stderr).toBe('Dry run: 2 instances would be terminated, 1 of them with an unfinished run.\n');
    const list = (await project.ok('list')).stdout.split('\n');
    expect(list[0]).toMatch(/^NAME +ID +STATE +AGE +TYPE +ZONE +ADDRESS +LIFECYCLE .*LAST RUN .*TAGS$/);
    expect(list[1]).toMatch(/^web-1 .* spot .* succeeded .*role=web-1$/);
    expect(list[2]).toMatch(/^web-2 .* spot .* not ended .*role=web-2$/);
    await project.ok('destroy', '--limit', 'web-2', '--yes');
    expect((await project.ok('list')).stderr).toBe(
      '1 terminated instance is not shown; see: spot list --all; forget with: spot remove state=terminated\n',
    );
    expect((await project.ok('list', '--all')).stdout.split('\n')).toHaveLength(4);
    expect((await project.ok('list', 'web-2')).stdout).toMatch(/web-2 .* terminated /);
  });
});
