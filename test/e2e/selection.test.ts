import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { Project } from './project.ts';

leakCheck();

/** Three instances, of which one is stopped. Nobody connects to them: all is dry. */
async function aFleet(): Promise<Project> {
  const project = new Project();
  project.write('ok.sh', 'true\n');
  project.add('web-1', 'ubuntu@10.0.0.1');
  project.add('web-2', '10.0.0.2:2222');
  project.add('db-1', '10.0.0.3');
  await project.quick(['set', 'web-1', '--tag', 'role=web']);
  await project.quick(['set', 'db-1', '--state', 'stopped']);
  return project;
}

async function dryRun(project: Project, args: readonly string[], env: Record<string, string> = {}) {
  const result = await project.quick(['upload-script', 'ok.sh', '--dry-run', ...args], { env });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout;
}

describe('the selection', () => {
  test('is what runs and has an address, narrowed by words, globs, tags, addresses and files', async () => {
    const project = await aFleet();
    project.write('hosts.txt', '# all of the web\nweb-1, 10.0.0.2\n');
    const chosen = async (...args: string[]): Promise<string[]> => {
      const document = JSON.parse(await dryRun(project, ['--json', ...args])) as { targets: { instance_id: string }[] };
      return document.targets.map(({ instance_id: id }) => id);
    };
    expect(await chosen()).toEqual(['web-1', 'web-2']);
    expect(await chosen('-l', 'role=web')).toEqual(['web-1']);
    expect(await chosen('-l', 'web-*', '-x', 'web-1')).toEqual(['web-2']);
    expect(await chosen('--limit', '10.0.0.2:2222', '--limit', 'web-1')).toEqual(['web-1', 'web-2']);
    expect(await chosen('-l', '@hosts.txt')).toEqual(['web-1', 'web-2']);
  });

  test('is told in one line, with the reason for each instance that is left out', async () => {
    const project = await aFleet();
    const lineOf = async (...args: string[]) => (await dryRun(project, args)).split('\n')[1];
    expect(await lineOf()).toBe('3 instances: 2 running, 1 stopped');
    expect(await lineOf('-l', 'web-1')).toBe('3 instances: 1 selected, 2 not selected by --limit');
    expect(await lineOf('-x', 'web-1', '-x', 'nobody')).toBe(
      '3 instances: 1 selected, 1 excluded, 1 stopped (--exclude nobody: no such instance)',
    );
  });

  test('warns of an instance that --limit names and that does not run, and has it among the skipped', async () => {
    const project = await aFleet();
    const args = ['upload-script', 'ok.sh', '--dry-run', '--json', '-l', 'web-1,db-1'];
    const { exitCode, stdout, stderr } = await project.quick(args);
    expect(stderr).toBe(
      'spot: warning: --limit names an instance that is left out: db-1 (stopped); see what there is with: spot list\n',
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      targets: [{ instance_id: 'web-1' }],
      skipped: [
        { instance_id: 'web-2', reason: 'not selected by --limit' },
        { instance_id: 'db-1', reason: 'stopped' },
      ],
    });
  });

  test('is a document with --json, and leaves no trace in the state file', async () => {
    const project = await aFleet();
    const args = ['--json', '-e', 'TOKEN=secret', '--no-files', '--remote-path', '~/ok.sh', '--', 'a b'];
    const stdout = await dryRun(project, args);
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      plan: {
        mode: 'run',
        payload: {
          digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          size_bytes: expect.any(Number) as number,
          files: 0,
        },
        interpreter: ['bash'],
        args: ['a b'],
        environment: ['TOKEN'],
        remote_path: '~/ok.sh',
        sudo: null,
        cleanup: false,
        rollout: { waves: [2], pause_ms: 0, max_failures: null },
        ready_timeout_ms: null,
        stragglers: { factor: 3, ms: null, action: 'report' },
      },
      targets: [
        { instance_id: 'web-1', name: 'web-1', address: '10.0.0.1', user: 'ubuntu', port: null },
        { instance_id: 'web-2', name: 'web-2', address: '10.0.0.2', user: null, port: 2222 },
      ],
      skipped: [{ instance_id: 'db-1', reason: 'stopped' }],
      preflight: [expect.objectContaining({ level: 'note', code: 'interpreter-line-missing', path: 'ok.sh', line: 1 })],
      estimate: {
        bytes_each: expect.any(Number) as number,
        bytes: expect.any(Number) as number,
        bytes_per_second: null,
        upload_ms: null,
        measured: 0,
      },
    });
    expect(stdout).not.toContain('secret');
    expect(project.rows('SELECT * FROM runs')).toEqual([]);
  });
});

test('half an archive of a spot that was killed is gone with the next run, an hour later', async () => {
  const project = await aFleet();
  const seconds = Date.now() / 1000;
  for (const [name, age] of [['.packing-old', 3700] as const, ['.packing-new', 3500] as const]) {
    const path = project.write(`.spot/payloads/${name}`, 'half');
    utimesSync(path, seconds - age, seconds - age);
  }
  await dryRun(project, []);
  const packing = readdirSync(join(project.cwd, '.spot/payloads')).filter((name) => name.startsWith('.packing-'));
  expect(packing).toEqual(['.packing-new']);
});

describe('the configuration', () => {
  const limits = (text: string): string => /^limits +(.*)$/m.exec(text)?.[1] ?? '';

  test('needs no file at all', async () => {
    expect(limits(await dryRun(await aFleet(), []))).toBe('connect 10 s, upload 1m00s, script 5m00s, 100 at once');
  });

  test('takes each key from the flag, else the environment, else ./config.yaml, else the one of the user', async () => {
    const project = await aFleet();
    mkdirSync(join(project.home, '.config/spot'), { recursive: true });
    const all = (value: string, count: number): string =>
      `limits: { connect_timeout: ${value}, upload_timeout: ${value}, execution_timeout: ${value}, concurrency: ${count} }\n`;
    writeFileSync(join(project.home, '.config/spot/config.yaml'), all('1s', 1));
    project.write('config.yaml', 'limits: { upload_timeout: 2s, execution_timeout: 2s, concurrency: 2 }\n');
    const env = { SPOT_LIMITS_EXECUTION_TIMEOUT: '3s', SPOT_LIMITS_CONCURRENCY: '3' };
    expect(limits(await dryRun(project, ['--forks', '4'], env))).toBe(
      'connect 1.0 s, upload 2.0 s, script 3.0 s, 4 at once',
    );
    project.write('other.yaml', 'limits: { upload_timeout: 5s }\n');
    expect(limits(await dryRun(project, ['-c', 'other.yaml'], env))).toBe(
      'connect 1.0 s, upload 5.0 s, script 3.0 s, 3 at once',
    );
  });

  test('takes the state folder from --state-dir, SPOT_STATE_DIR or the file, with ~ for the home', async () => {
    const project = new Project();
    const found = async (args: string[], env: Record<string, string> = {}) =>
      (await project.quick(args, { env })).stderr;
    project.write('config.yaml', 'state_dir: from-file\n');
    expect(await found(['list'])).toContain(`${project.cwd}/from-file/state.db`);
    expect(await found(['list'], { SPOT_STATE_DIR: '~/from-env' })).toContain(`${project.home}/from-env/state.db`);
    expect(await found(['list', '--state-dir', 'flag'], { SPOT_STATE_DIR: 'env' })).toContain(`${project.cwd}/flag/`);
    expect(existsSync(join(project.cwd, '.spot'))).toBe(false);
  });

  test('tells a mistyped variable, and leaves those of others alone', async () => {
    const project = new Project();
    const env = { SPOT_PRICE: '0.03', SPOT_LIMITS_CONCURENCY: '3' };
    const { stderr, exitCode } = await project.quick(['list'], { env });
    expect([exitCode, stderr]).toEqual([
      78,
      'spot: SPOT_LIMITS_CONCURENCY is not a known variable; did you mean SPOT_LIMITS_CONCURRENCY?\n',
    ]);
  });
});
