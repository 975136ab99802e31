import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { DEAD_SPEC, projectOf, specOf } from './project.ts';

leakCheck();

const ATTEMPTS = 'SELECT instance_id, outcome, exit_code, signal, error_code, evidence FROM attempts ORDER BY position';

describe.skipIf(requireProgram('sshd') === null)('every instance ends in one outcome', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  test('a script that fails on one of two: exit 2, and the state file knows which', async () => {
    const project = projectOf(hosts);
    project.write('half.sh', 'test "$SPOT_INSTANCE_ID" = web-1 || { echo "disk is full" >&2; exit 3; }\n');
    const { exitCode, stdout, stderr } = await project.run(['upload-script', 'half.sh']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^web-2 ! disk is full$/m);
    expect(stderr).toMatch(/^web-2 {2}failed: exit 3 \(.+\)$/m);
    expect(stderr).toMatch(/^✓ web-1 .* succeeded /m);
    expect(stderr).toMatch(/^✗ web-2 .* failed .* exit 3$/m);
    expect(stderr).toMatch(/\nweb-2, stderr:\n {2}\| disk is full\n\n1 of 2 instances succeeded in .+; 1 failed\.\n/);
    expect(project.rows(ATTEMPTS)).toMatchObject([
      { instance_id: 'web-1', outcome: 'succeeded', exit_code: null },
      { instance_id: 'web-2', outcome: 'failed', exit_code: 3 },
    ]);
    expect(project.rows('SELECT mode, exit_code, finished_at FROM runs')).toEqual([
      { mode: 'run', exit_code: 2, finished_at: expect.stringMatching(/Z$/) as string },
    ]);
  });

  test('failed and unreachable together: exit 6', async () => {
    const project = projectOf(hosts.slice(0, 1));
    project.add('dead', DEAD_SPEC);
    project.write('fail.sh', 'exit 7\n');
    const { exitCode, stderr } = await project.run(['upload-script', 'fail.sh']);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/^✗ dead .* unreachable .* 127\.0\.0\.1:1 refused the connection; is sshd running there/m);
    expect(project.rows(ATTEMPTS)).toMatchObject([
      { instance_id: 'web-1', outcome: 'failed', exit_code: 7 },
      { instance_id: 'dead', outcome: 'unreachable', error_code: 'connection-refused' },
    ]);
  });

  test('a script that a signal ends is killed, not failed', async () => {
    const project = projectOf(hosts.slice(0, 1));
    project.write('kill.sh', 'kill -SEGV $$\n');
    const { exitCode, stderr } = await project.run(['upload-script', 'kill.sh']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^web-1 {2}killed: SIGSEGV/m);
    expect(project.rows(ATTEMPTS)).toMatchObject([{ outcome: 'killed', signal: 'SIGSEGV', exit_code: null }]);
  });

  test('a script that takes too long is ended on the instance, with the proof', async () => {
    const [host] = hosts as [SshdHost];
    const project = projectOf([host]);
    project.write('long.sh', 'sleep 300 &\nsetsid sleep 301 &\necho begun\nsleep 302\n');
    const { exitCode, stderr } = await project.run(['upload-script', 'long.sh', '--timeout', '1s']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^✗ web-1 .* timed out .* the script was still running after 1\.0 s; give it more with --timeout$/m,
    );
    expect(stderr).toMatch(/^ +killed 4 processes$/m);
    expect(stderr).toMatch(/\nweb-1, stdout:\n {2}\| begun\n/);
    expect(project.rows(ATTEMPTS)).toMatchObject([
      { outcome: 'timed-out', error_code: 'execution-timeout', evidence: '["killed 4 processes"]' },
    ]);
    await waitFor('everything to be gone', () => host.processes().every(({ command }) => !command.includes('sleep')));
  });

  test('a host whose key has changed is rejected: exit 4, and nothing is sent', async () => {
    const [host, other] = hosts as [SshdHost, SshdHost];
    const project = projectOf([host]);
    project.write('ok.sh', 'touch ~/ran\n');
    expect((await project.run(['upload-script', 'ok.sh'])).exitCode).toBe(0);
    const [row] = project.rows('SELECT host_key FROM instances');
    expect(row).toEqual({ host_key: host.hostKey });
    project.add('web-1', specOf(other));
    const { exitCode, stderr } = await project.run(['upload-script', 'ok.sh']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^✗ web-1 .* rejected /m);
    expect(project.rows('SELECT host_key FROM instances')).toEqual([{ host_key: host.hostKey }]);
  });

  test('twelve at once do not make Node complain', async () => {
    const [host] = hosts as [SshdHost];
    const project = projectOf([]);
    project.write('config.yaml', `aws:\n  private_ssh_key_path: ${host.identityFile}\n`);
    for (let number = 1; number <= 12; number += 1) project.add(`web-${number}`, specOf(host));
    project.write('ok.sh', 'true\n');
    const { exitCode, stderr } = await project.run(['upload-script', 'ok.sh', '--no-files']);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^12 of 12 instances succeeded in /m);
    expect(stderr).not.toMatch(/Warning/);
  });

  test('one after the other with --concurrency 1, in the order of the fleet', async () => {
    const project = projectOf(hosts);
    project.write('now.sh', 'date +%s%N; sleep 0.2; date +%s%N\n');
    const { exitCode } = await project.run(['upload-script', 'now.sh', '--concurrency', '1', '--output-dir', 'out']);
    expect(exitCode).toBe(0);
    const [first, second] = ['web-1', 'web-2'].map((name) => project.read(`out/${name}.out`).split('\n').map(BigInt));
    expect((first?.[1] ?? 0n) < (second?.[0] ?? 0n)).toBe(true);
  });
});
