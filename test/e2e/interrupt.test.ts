import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { projectOf } from './project.ts';

leakCheck();

const ATTEMPTS = 'SELECT instance_id, outcome, evidence FROM attempts ORDER BY position';
const LONG = 'sleep 301 &\necho begun\nsleep 302\n';

describe.skipIf(requireProgram('sshd') === null)('without a terminal, a signal', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  function sleepers(): number {
    return hosts.flatMap((host) => host.processes()).filter(({ command }) => /^sleep 30[12]$/.test(command)).length;
  }

  test.each([
    ['SIGINT', 'Ctrl-C', 130],
    ['SIGTERM', 'SIGTERM', 143],
  ] as const)('%s ends the scripts on the instances, with the proof', async (signal, by, code) => {
    const project = projectOf(hosts);
    project.write('long.sh', LONG);
    const running = project.start(['upload-script', 'long.sh']);
    for (const name of ['web-1', 'web-2']) await running.saw(`${name} | begun`, 20_000);
    expect(sleepers()).toBe(4);
    running.kill(signal);
    const { exitCode, stderr } = await running.result;
    expect(exitCode).toBe(code);
    expect(sleepers()).toBe(0);
    expect(stderr).toContain(`spot: ${by}: stopping the scripts on the instances; once more to leave at once\n`);
    expect(stderr).toMatch(/\n0 of 2 instances succeeded in .+; 2 cancelled\.\n/);
    expect(project.rows(ATTEMPTS)).toEqual([
      { instance_id: 'web-1', outcome: 'cancelled', evidence: '["killed 3 processes"]' },
      { instance_id: 'web-2', outcome: 'cancelled', evidence: '["killed 3 processes"]' },
    ]);
    expect(project.rows('SELECT finished_at IS NOT NULL AS finished FROM runs')).toEqual([{ finished: 1 }]);
  });

  test('spares the instances that were still waiting, and says so', async () => {
    const project = projectOf(hosts);
    project.write('long.sh', LONG);
    const running = project.start(['upload-script', 'long.sh', '--concurrency', '1']);
    await running.saw('web-1 | begun', 20_000);
    running.kill('SIGINT');
    const { exitCode } = await running.result;
    expect(exitCode).toBe(130);
    expect(project.rows(ATTEMPTS)).toMatchObject([
      { instance_id: 'web-1', outcome: 'cancelled' },
      { instance_id: 'web-2', outcome: 'cancelled', evidence: '["nothing was started"]' },
    ]);
  });

  test('that comes twice leaves at once, and says how to come back', async () => {
    const project = projectOf(hosts.slice(0, 1));
    project.write('stubborn.sh', "trap '' TERM\necho begun\nsleep 301\nsleep 302\n");
    project.write('config.yaml', `${project.read('config.yaml')}limits: { kill_grace: 2s }\n`);
    const running = project.start(['upload-script', 'stubborn.sh']);
    await running.saw('web-1 | begun', 20_000);
    running.kill('SIGINT');
    await running.saw('once more to leave at once');
    running.kill('SIGINT');
    const { exitCode, stderr } = await running.result;
    const [run] = project.rows('SELECT id FROM runs');
    const id = String(run?.['id']);
    expect(exitCode).toBe(130);
    expect(stderr).toContain(
      `spot: left at once; scripts that were started run on until their deadline\n` +
        `  take it up with: spot attach ${id}\n  end it with:     spot stop ${id}\n`,
    );
    expect((await project.run(['attach', id])).exitCode).toBe(2);
    expect(project.rows(ATTEMPTS)).toMatchObject([{ outcome: 'cancelled' }]);
    expect(sleepers()).toBe(0);
  });
});
