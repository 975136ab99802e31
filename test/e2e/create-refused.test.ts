import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { ACCESS_KEYS } from '../helpers/ec2/faults.ts';
import { type CloudProject, cloudProject } from './creating.ts';
import { shownFor } from './ec2-project.ts';
import { shapeOf } from './reader.ts';
import { ENTER, openTerminal } from './terminal.ts';

leakCheck();

function expectNothingCreated({ ec2 }: CloudProject): void {
  const asked = ec2.endpoint.requests.map(({ action }) => action);
  expect(asked.filter((action) => !action.startsWith('Describe'))).toEqual([]);
}

describe.skipIf(requireProgram('sshd') === null)('nothing is created', () => {
  test.each<[string, readonly string[], number, string]>([
    [
      'for a script that is not there',
      ['--payload', './setup.sh'],
      66,
      'there is no script at ./setup.sh; check the path',
    ],
    ['for files that are not there', ['--payload', 'ok.sh', '--files', 'none'], 66, 'none'],
    [
      'for user data that is not there',
      ['--user-data', 'none'],
      66,
      '--user-data none cannot be read (no such file or directory)',
    ],
    ['for too much user data', ['--user-data', 'large'], 66, '--user-data large has 20000 bytes, and EC2 takes 16384'],
    ['for a key that is none', [], 78, 'does not hold'],
  ])('%s', async (title, flags, exitCode, words) => {
    const project = await cloudProject();
    project.write('ok.sh', 'true\n');
    project.write('large', 'x'.repeat(20_000));
    if (title.includes('key')) {
      writeFileSync(join(project.home, 'id'), 'hello\n', { mode: 0o600 });
      project.write('config.yaml', `aws: { private_ssh_key_path: ${project.home}/id }\n`);
    }
    const result = await project.run(['create', ...flags]);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toContain(title.includes('key') ? 'there is no public SSH key in' : words);
    expectNothingCreated(project);
  });

  test('by a dry run, which says what would be', async () => {
    const project = await cloudProject();
    project.write('setup.sh', 'true\n');
    const args = [
      'create',
      '--count',
      '3',
      '--name',
      'web',
      '--max-price',
      '0.05',
      '--payload',
      'setup.sh',
      '--dry-run',
    ];
    const { stdout, exitCode } = await project.run(args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^Dry run: EC2 is asked, and nothing is created\.\ncreate {3}3 spot instances \(t3\.micro\), about \$/,
    );
    expect(stdout).toContain('\nat most  $0.05 an hour each\n');
    expect(stdout).toContain('\nplaces   us-east-1, us-east-1a, us-east-1b, us-east-1c, in this order\n');
    expect(stdout).toMatch(/\nimage {4}ami-\w+ \(ubuntu\/images\/.+\), user ubuntu in us-east-1\n/);
    expect(stdout).toContain('\ngroup    one that opens port 22 to the address of this machine alone\n');
    expect(stdout).toContain('\ntags     Name=web team=web\n');
    expect(stdout).toMatch(
      /\npayload {2}setup\.sh with 0 files .*\naction {3}run it by bash\nready {4}waited for, 3m00s at most\n/,
    );
    const json = JSON.parse((await project.run([...args, '--json'])).stdout) as unknown;
    expect(json).toMatchObject({ creation: { count: 3, max_price: '0.05' }, payload: { plan: { mode: 'run' } } });
    const bare = await project.run(['create', '--count', '3', '--name', 'web', '--dry-run', '--json']);
    expect(shapeOf(JSON.parse(bare.stdout))).toEqual(shapeOf(shownFor('create-dry-run')));
    expectNothingCreated(project);
  });

  test('by the examples of the help, with --dry-run', async () => {
    const project = await cloudProject();
    project.write('setup.sh', 'true\n');
    project.write('deploy.sh', 'true\n');
    await project.run(['payload', 'add', 'deploy', 'deploy.sh']);
    const { stdout } = await project.run(['create', '--help']);
    const examples = [...stdout.matchAll(/^ {2}spot (create .+?)(?: \| .*)?$/gm)].map(([, line = '']) => line);
    expect(examples.length).toBeGreaterThan(4);
    for (const line of examples) {
      const [word = '', ...words] = line.split(' ');
      const { exitCode, stderr } = await project.run([word, '--dry-run', ...words]);
      expect({ line, exitCode, stderr }).toMatchObject({ exitCode: 0 });
    }
    expectNothingCreated(project);
  });

  test('where nobody tells the address of this machine', async () => {
    const project = await cloudProject({}, ['ssh_from: auto']);
    project.write(
      'config.yaml',
      project.read('config.yaml').replace(/address_service: .*/, 'address_service: http://127.0.0.1:2'),
    );
    const { stderr, exitCode } = await project.run(['create']);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('spot: cannot find out the address of this machine from http://127.0.0.1:2 (');
    expectNothingCreated(project);
  });

  test('by who has no right to', async () => {
    const project = await cloudProject();
    const env = { AWS_ACCESS_KEY_ID: ACCESS_KEYS.denied };
    const { exitCode } = await project.run(['create'], { env });
    expect(exitCode).toBe(78);
    expectNothingCreated(project);
  });
});

describe.skipIf(requireProgram('script') === null)('spot create in a terminal', () => {
  test('says what it is about to cost, and asks', async () => {
    const project = await cloudProject();
    project.write('setup.sh', 'true\n');
    const args = ['create', '--count', '2', '--payload', 'setup.sh'];
    const terminal = openTerminal(project, args, project.ec2.endpoint.env);
    await terminal.saw('Create 2 spot instances (t3.micro) in us-east-1, about $0.00');
    await terminal.saw('an hour and run setup.sh on them?');
    await terminal.saw('[Y/n]');
    terminal.type(`n${ENTER}`);
    expect(await terminal.exitCode).toBe(130);
    expectNothingCreated(project);
  });
});
