import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { sendSignal } from '../helpers/processes.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshd } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { DEAD_SPEC, type Project, projectOf } from './project.ts';

leakCheck();

/** A /tmp of its own, in which nobody else's runs are: the doctor looks at all there is. */
const OWN_TMP = [
  'unshare',
  '-m',
  'sh',
  '-c',
  'mount -t tmpfs none /tmp && mkdir /tmp/home && echo up && exec sleep 600',
];
const mayMount = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /tmp']).status === 0;
/** Two processes beside the shell. */
const SCRIPT = 'sleep 315 &\necho begun\nsleep 316\n';

describe.skipIf(requireProgram('sshd') === null || !mayMount)('the doctor', () => {
  let host: SshdHost;
  let namespace: ReturnType<typeof spawn>;
  beforeAll(async () => {
    namespace = spawn(OWN_TMP[0] as string, OWN_TMP.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(namespace.stdout as NodeJS.ReadableStream, 'data');
    const enter = `nsenter -t ${namespace.pid} -m env HOME=/tmp/home sh -c 'cd; exec sh -c "$SSH_ORIGINAL_COMMAND"'`;
    host = await startSshd({ forceCommand: enter });
  });
  afterAll(async () => {
    await host.close();
    namespace.kill();
    await once(namespace, 'close');
  });

  function inside(command: string): string {
    return execFileSync('nsenter', ['-t', String(namespace.pid), '-m', 'sh', '-c', command], {
      encoding: 'utf8',
    }).trim();
  }

  function sleepers(): number {
    return host.processes().filter(({ command }) => /^sleep 31[56]$/.test(command)).length;
  }

  /** A run that was left, its script under way. */
  async function startRun(): Promise<Project> {
    const project = projectOf([host]);
    project.write('config.yaml', `${project.read('config.yaml')}ssh: { transfer: stream }\n`);
    project.write('long.sh', SCRIPT);
    expect((await project.run(['upload-script', 'long.sh', '--detach'])).exitCode).toBe(0);
    await waitFor('the script', () => sleepers() === 2);
    return project;
  }

  test('finds nothing where nothing was left', async () => {
    const project = projectOf([host]);
    const { exitCode, stdout } = await project.run(['doctor']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /\n✓ reach +web-1: logged in; round trip .+\n(✓ .*\n)+\n1 instance; nothing left behind\.\n$/,
    );
  });

  test('leaves a run alone that is under way, and one that can still be collected', async () => {
    const project = await startRun();
    const live = await project.run(['doctor', '--fix']);
    expect(live.exitCode).toBe(0);
    expect(live.stdout).toMatch(
      /^web-1 +\/tmp\/\.spot_\S+ .*a script runs in it\n\n1 instance; nothing left behind\.$/m,
    );
    sendSignal(Number(inside('cat /tmp/.spot_*/supervisor')), 'SIGKILL');
    const awaited = await project.run(['doctor', 'web-1', '--fix']);
    const [run] = project.rows('SELECT id FROM runs');
    expect(awaited.exitCode).toBe(0);
    expect(awaited.stdout).toContain(`not collected yet: spot attach ${String(run?.['id'])}; on its own: pid `);
    expect(sleepers()).toBe(2);

    project.change("UPDATE attempts SET outcome = 'lost', finished_at = '2026-01-01T00:00:00.000Z'");
    const found = await project.run(['doctor', 'web-1']);
    expect(found.exitCode).toBe(2);
    expect(found.stdout).toMatch(
      /its supervisor was killed; on its own: pid \d+ \(\w+\), pid \d+ \(sleep\), pid \d+ \(sleep\)\n/,
    );
    expect(found.stdout).toContain('1 instance; 1 leftover of dead runs; remove with: spot doctor --fix.\n');
    const fixed = await project.run(['doctor', 'web-1', '--fix', '--json']);
    expect(fixed.exitCode).toBe(0);
    expect(JSON.parse(fixed.stdout)).toMatchObject({
      schema: 1,
      instances: [
        { name: 'web-1', problem: null, findings: [{ state: 'dead', verdict: 'leftover', removed: true, killed: 3 }] },
      ],
    });
    expect(sleepers()).toBe(0);
    expect(inside('ls -A /tmp')).toBe('home');
  });

  test('knows folders by what is in them', async () => {
    inside('cd /tmp && mkdir .spot_1_1 deploy_files_1_1 && mkdir .spot_2_2 && echo exit 0 >.spot_2_2/result');
    inside('cd /tmp && touch -d "2 days ago" .spot_2_2 && mkdir .spot_3_3 && echo exit 0 >.spot_3_3/result');
    inside('cd /tmp && mkdir deploy_files_4_4 deploy_files_5_5 && mkdir -p home/.cache/spot/kept && ln -s / .spot_6_6');
    inside('cd /tmp && echo a >home/.cache/spot/kept/deploy_files_5_5; mkdir "/tmp/.spot_7 7"');
    const project = projectOf([host]);
    const { stdout } = await project.run(['doctor', '--json', '--fix']);
    const { instances } = JSON.parse(stdout) as { instances: { findings: Record<string, unknown>[] }[] };
    expect(instances[0]?.findings.map(({ folder, state, removed }) => [folder, state, removed])).toEqual([
      ['/tmp/.spot_1_1', 'unstarted', true],
      ['/tmp/.spot_2_2', 'ended', true],
      ['/tmp/.spot_3_3', 'ended', false],
      ['/tmp/deploy_files_4_4', 'unused', true],
    ]);
    expect(inside('ls -A /tmp').split('\n')).toEqual([
      '.spot_3_3',
      '.spot_6_6',
      '.spot_7 7',
      'deploy_files_5_5',
      'home',
    ]);
    inside('rm -r /tmp/.spot_[367]* /tmp/deploy_files_5_5 /tmp/home/.cache');
  });

  test('names the instances that it could not look at', async () => {
    const project = projectOf([host]);
    project.add('gone', DEAD_SPEC);
    const { exitCode, stdout } = await project.run(['doctor']);
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/^✗ reach +gone: .*refused the connection {2}→ is sshd running there, on that port\?$/m);
    expect(stdout).toContain('2 instances; nothing left behind; 1 could not be looked at.\n');
  });
});
