import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KEY_PATHS } from '../../src/config/schema.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { Project } from './project.ts';

leakCheck();

const FILE = 'limits:\n  concurrency: 20\n  execution_timeout: 20m\naws:\n  tags: { team: web, env: prod }\n';

/** A line of the table as its cells. */
function cells(stdout: string, key: string): string[] {
  const line = stdout.split('\n').find((each) => each.startsWith(`${key} `)) ?? '';
  return line.split(/ {2,}/);
}

describe('spot config', () => {
  test('shows every key with its value and where that comes from, and makes no state', async () => {
    const project = new Project();
    project.write('config.yaml', FILE);
    const env = { SPOT_LIMITS_CONCURRENCY: '5', SPOT_DATABASE: 'postgres://spot:s3cret@db/spot?sslpassword=s4cret' };
    const { exitCode, stdout, stderr } = await project.run(['config', '--state-dir', 'elsewhere'], { env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(
      stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(KEY_PATHS);
    expect(cells(stdout, 'limits.concurrency').slice(1)).toEqual([
      '5',
      'SPOT_LIMITS_CONCURRENCY, before config.yaml:2',
    ]);
    expect(cells(stdout, 'limits.execution_timeout').slice(1)).toEqual(['20m', 'config.yaml:3']);
    expect(cells(stdout, 'limits.retries').slice(1)).toEqual(['2', 'default']);
    expect(cells(stdout, 'aws.tags').slice(1)).toEqual(['team=web,env=prod', 'config.yaml:5']);
    expect(cells(stdout, 'aws.username').slice(1)).toEqual(['-', 'default']);
    expect(cells(stdout, 'state_dir').slice(1)).toEqual([join(project.cwd, 'elsewhere'), '--state-dir']);
    expect(cells(stdout, 'service.listen')[1]).toBe(join(project.cwd, 'elsewhere/service.sock'));
    expect(cells(stdout, 'ssh.config_file')[1]).toBe(join(project.home, '.ssh/config'));
    expect(cells(stdout, 'database')[1]).toBe('postgres://spot:***@db/spot?sslpassword=***');
    expect(stdout).not.toContain('cret');
    expect((await project.run(['list', '--json'])).stdout).toContain('"instances": []');
  });

  test('shows one bare value, and says which key was meant', async () => {
    const project = new Project();
    project.write('config.yaml', FILE);
    const asked = [
      'limits.execution_timeout',
      'aws.regions',
      'aws.profile',
      'limits.concurency',
      'concurrency',
      'limits',
    ];
    const answers = await Promise.all(asked.map((key) => project.run(['config', key])));
    expect(answers.map(({ exitCode, stdout, stderr }) => [exitCode, stdout, stderr.split('; ')[1] ?? ''])).toEqual([
      [0, '20m\n', ''],
      [0, 'us-east-1\n', ''],
      [0, '\n', ''],
      [64, '', 'did you mean limits.concurrency?\n'],
      [64, '', 'did you mean limits.concurrency?\n'],
      [64, '', expect.stringMatching(/^its keys are limits.connect_timeout, /) as string],
    ]);
  });

  test('shows which files were looked for', async () => {
    const project = new Project();
    project.write('mine.yaml', 'limits: { retries: 1 }\n');
    const { exitCode, stdout } = await project.run(['config', '--path', '-c', 'mine.yaml']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['FILE', 'STATUS'],
      [join(project.cwd, 'mine.yaml'), 'read'],
      [join(project.home, '.config/spot/config.yaml'), 'not there'],
      [''],
    ]);
  });

  test('of a broken configuration shows what is known, then all that is wrong; one value alone it does not give', async () => {
    const project = new Project();
    project.write('config.yaml', 'limits:\n  concurrency: many\n  retries: 7\nsate_dir: x\n');
    const [all, json, one] = await Promise.all([
      project.run(['config']),
      project.run(['config', '--json']),
      project.run(['config', 'limits.retries']),
    ]);
    const problems = [
      'config.yaml:4: sate_dir is not a known key; did you mean state_dir?',
      'config.yaml:2: limits.concurrency: "many" is not a whole number from 1 to 10000',
    ];
    expect(all.exitCode).toBe(78);
    for (const problem of problems) expect(all.stderr).toContain(problem);
    expect(cells(all.stdout, 'limits.concurrency').slice(1)).toEqual(['100', 'default']);
    expect(cells(all.stdout, 'limits.retries').slice(1)).toEqual(['7', 'config.yaml:3']);
    expect(json.exitCode).toBe(78);
    expect((JSON.parse(json.stdout) as { problems: string[] }).problems.sort()).toEqual(problems.sort());
    expect({ exitCode: one.exitCode, stdout: one.stdout }).toEqual({ exitCode: 78, stdout: '' });
  });
});
