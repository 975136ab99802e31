import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { projectOf } from './project.ts';

leakCheck();

const LONG = 'echo begun\nexec sleep 303\n';

describe.skipIf(requireProgram('sshd') === null)('an instance', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(1);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  function sleepers(): number {
    return hosts.flatMap((host) => host.processes()).filter(({ command }) => command === 'sleep 303').length;
  }

  test('ends the script of a client that was killed, with --on-disconnect kill, and tells whoever comes next', async () => {
    const project = projectOf(hosts);
    project.write('long.sh', LONG);
    project.write('config.yaml', `${project.read('config.yaml')}limits: { lease: 2s }\n`);
    const running = project.start(['upload-script', 'long.sh', '--on-disconnect', 'kill']);
    await running.saw('begun', 20_000);
    expect(sleepers()).toBe(1);
    running.kill('SIGKILL');
    await running.result;
    await waitFor('the script to be ended', () => sleepers() === 0, 15_000);
    const { exitCode, stderr } = await project.run(['attach']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'the instance had not heard from spot for 2.0 s and ended the script (--on-disconnect kill)',
    );
    expect(project.rows('SELECT outcome, evidence FROM attempts')).toEqual([
      { outcome: 'cancelled', evidence: '["killed 1 process"]' },
    ]);
  });

  test('lets it run on without the flag', async () => {
    const project = projectOf(hosts);
    project.write('long.sh', LONG);
    project.write('config.yaml', `${project.read('config.yaml')}limits: { lease: 1s }\n`);
    const running = project.start(['upload-script', 'long.sh']);
    await running.saw('begun', 20_000);
    running.kill('SIGKILL');
    await running.result;
    const attached = project.start(['attach']);
    await attached.saw('web-1  connected', 20_000);
    expect(sleepers()).toBe(1);
    attached.kill('SIGTERM');
    expect((await attached.result).exitCode).toBe(143);
    expect(sleepers()).toBe(0);
  });

  test('takes one exclusive run at a time, and names the one it has', async () => {
    const [first, second] = [projectOf(hosts), projectOf(hosts)];
    first.write('long.sh', LONG);
    second.write('short.sh', 'true\n');
    const holder = first.start(['upload-script', 'long.sh', '--exclusive']);
    await holder.saw('begun', 20_000);
    const refused = await second.run(['upload-script', 'short.sh', '--exclusive']);
    const [run] = first.rows('SELECT id FROM runs');
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(
      new RegExp(`another run holds the instance: run ${String(run?.['id'])} of \\S+@\\S+ since [-0-9]+ [:0-9]+ UTC;`),
    );
    expect(second.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: 'rejected' }]);
    expect((await second.run(['upload-script', 'short.sh'])).exitCode).toBe(0);
    holder.kill('SIGTERM');
    await holder.result;
    expect((await second.run(['upload-script', 'short.sh', '--exclusive'])).exitCode).toBe(0);
  });

  test('serves two runs of one state file at once, each in folders of its own', async () => {
    const project = projectOf(hosts);
    project.write('a.sh', 'echo "a in $DEPLOY_FILES_DIR"; sleep 1\n');
    project.write('b.sh', 'echo "b in $DEPLOY_FILES_DIR"; sleep 1\n');
    const results = await Promise.all(['a.sh', 'b.sh'].map((script) => project.run(['upload-script', script])));
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const attempts = project.rows('SELECT stamp, outcome, stdout_path FROM attempts');
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded']);
    const said = attempts.map((attempt) => readFileSync(String(attempt['stdout_path']), 'utf8').split(' in '));
    expect(said.map(([script]) => script).sort()).toEqual(['a', 'b']);
    expect(said.map(([, folder]) => folder)).toEqual(
      attempts.map(({ stamp }) => `/tmp/deploy_files_${String(stamp)}\n`),
    );
  });

  test('tells two clients of one run the same, and they write one log', async () => {
    const project = projectOf(hosts);
    project.write('talk.sh', 'sleep 1\nseq 50000\nsleep 1\nseq 50000 >&2\nexit 5\n');
    expect((await project.run(['upload-script', 'talk.sh', '--detach'])).exitCode).toBe(0);
    const results = await Promise.all([1, 2, 3].map(() => project.run(['attach', 'last', '--quiet'])));
    expect(results.map(({ exitCode }) => exitCode)).toEqual([2, 2, 2]);
    const [attempt] = project.rows('SELECT outcome, exit_code, stdout_path, stderr_path FROM attempts');
    expect(attempt).toMatchObject({ outcome: 'failed', exit_code: 5 });
    const numbers = Array.from({ length: 50_000 }, (_, index) => `${index + 1}\n`).join('');
    for (const path of ['stdout_path', 'stderr_path']) {
      expect(readFileSync(String(attempt?.[path]), 'utf8')).toBe(numbers);
    }
  });

  test('that lets nobody in any more keeps its attempt open, until somebody ends the script', async () => {
    const project = projectOf(hosts);
    project.write('long.sh', LONG);
    expect((await project.run(['upload-script', 'long.sh', '--detach'])).exitCode).toBe(0);
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnZZeGi2ccmpKkcnRyTcjqvEHvMTdQwXRl0i8HGqQgW';
    project.change(`UPDATE instances SET host_key = '${key}'`);
    for (const command of ['attach', 'stop']) {
      const { exitCode, stderr } = await project.run([command, 'last']);
      expect(exitCode).toBe(4);
      expect(stderr).toMatch(/web-1 +.*spot host-key forget web-1; the script may run on there\n/);
      expect(stderr).toMatch(/end it with: +spot stop/);
    }
    expect(project.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: null }]);
    expect(sleepers()).toBe(1);
    expect((await project.run(['host-key', 'forget', 'web-1'])).exitCode).toBe(0);
    const { exitCode, stderr } = await project.run(['stop', 'last']);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^run \S+: 1 instance to take up\n/m);
    expect(project.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: 'cancelled' }]);
    expect(sleepers()).toBe(0);
  });
});

test.each(['attach', 'stop'])('%s takes one way of showing a run only', async (command) => {
  const project = projectOf([]);
  const { exitCode, stderr } = await project.run([command, 'last', '--json', '--json-lines']);
  expect(exitCode).toBe(64);
  expect(stderr).toBe('spot: --json and --json-lines exclude each other; leave one of them out\n');
  expect((await project.run([command, 'last', '-q', '-v'])).stderr).toBe(
    'spot: --quiet and --verbose exclude each other; leave one of them out\n',
  );
});
