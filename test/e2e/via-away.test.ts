import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { projectOf } from './project.ts';
import { freePort, serve, ViaProject, waitForRows } from './serving.ts';

leakCheck();

const LONG = 'sleep 301 &\necho begun\nsleep 302\n';
const ENDS = 'SELECT outcome FROM attempts WHERE outcome IS NOT NULL';

/** Says that it has begun, waits for a file, and says how it ends. */
function waitingFor(gate: string): string {
  return `echo begun\nwhile [ ! -e ${gate} ]; do sleep 0.05; done\necho "ended on $SPOT_INSTANCE_ID"\n`;
}

describe.skipIf(requireProgram('sshd') === null)('a run that a service was handed', () => {
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
  ] as const)('is ended everywhere by %s', async (signal, by, code) => {
    const service = projectOf(hosts);
    const project = new ViaProject((await serve(service)).via);
    project.write('long.sh', LONG);
    const running = project.start(project.upload('long.sh', '--json'));
    for (const name of ['web-1', 'web-2']) await running.saw(`${name} | begun`, 20_000);
    expect(sleepers()).toBe(4);
    running.kill(signal);
    const { exitCode, stderr, stdout } = await running.result;
    expect(exitCode).toBe(code);
    expect(sleepers()).toBe(0);
    expect(stderr).toContain(`spot: ${by}: stopping the scripts on the instances; once more to leave at once\n`);
    expect(stderr).toMatch(/\n0 of 2 instances succeeded in .+; 2 cancelled\.\n/);
    expect(JSON.parse(stdout)).toMatchObject({ run: { counts: { cancelled: 2 } } });
    expect(service.rows(ENDS)).toEqual([{ outcome: 'cancelled' }, { outcome: 'cancelled' }]);
  });

  test('goes on when nobody looks any more: --detach, SIGHUP', async () => {
    const gate = join(tempDir(), 'gate');
    const service = projectOf(hosts);
    const project = new ViaProject((await serve(service)).via);
    project.write('wait.sh', waitingFor(gate));
    const detached = await project.run(project.upload('wait.sh', '--detach'));
    expect(detached).toMatchObject({ exitCode: 0, stdout: '' });
    expect(detached.stderr).toMatch(/\n0 of 2 instances succeeded in .+; 2 left running\.\n/);
    expect(detached.stderr).toContain('there, look at it with: spot show ');
    const running = project.start(project.upload('wait.sh', '-l', 'web-1'));
    await running.saw('web-1 | begun', 20_000);
    running.kill('SIGHUP');
    expect((await running.result).stderr).toMatch(/; 1 left running\.\n/);
    writeFileSync(gate, '');
    await waitForRows(service, ENDS, (rows) => rows.length === 3);
    expect(service.rows(ENDS)).toEqual(Array(3).fill({ outcome: 'succeeded' }));
  });

  test('is shown to its end, although the service is killed and started anew meanwhile', async () => {
    const gate = join(tempDir(), 'gate');
    const service = projectOf(hosts);
    service.write('config.yaml', `${service.read('config.yaml')}service: { lease: 2s }\n`);
    const first = await serve(service);
    const project = new ViaProject(first.via);
    project.write('wait.sh', waitingFor(gate));
    const running = project.start(project.upload('wait.sh', '--json-lines'), { timeoutMs: 60_000 });
    for (const name of ['web-1', 'web-2']) await running.saw(`${name} | begun`, 20_000);
    await first.stop('SIGKILL');
    await serve(service);
    writeFileSync(gate, '');
    const { exitCode, stdout, stderr } = await running.result;
    expect(stderr).toMatch(/\n2 of 2 instances succeeded in /);
    expect(exitCode).toBe(0);
    for (const name of ['web-1', 'web-2']) {
      expect(stderr.match(new RegExp(`^${name} \\| begun$`, 'gm'))).toHaveLength(1);
      expect(stderr.match(new RegExp(`^${name} \\| ended on ${name}$`, 'gm'))).toHaveLength(1);
    }
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect([types[0], types.at(-1)]).toEqual(['run-started', 'run-finished']);
    expect(types.filter((type) => type === 'attempt-finished')).toHaveLength(2);
  });

  test('goes over TCP with a token, and its outputs are brought home', async () => {
    const service = projectOf(hosts);
    const token = (await service.run(['token', 'create', 'ci'])).stdout.trim();
    const port = await freePort();
    await serve(service, ['--listen', `127.0.0.1:${port}`]);
    const project = new ViaProject(`http://127.0.0.1:${port}`);
    project.write('say.sh', 'echo out of $SPOT_INSTANCE_ID\necho err >&2\n');
    const refused = await project.run(project.upload('say.sh'));
    expect(refused).toMatchObject({ exitCode: 78, stdout: '' });
    expect(refused.stderr).toBe(
      `spot: the service at ${project.via} refuses: the request shows no token; give a token by SPOT_TOKEN or service.token_file\n`,
    );
    const env = { SPOT_TOKEN: token };
    const { exitCode, stderr } = await project.run(project.upload('say.sh', '--output-dir', 'home', '-q'), { env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(readdirSync(join(project.cwd, 'home')).sort()).toEqual(['web-1.err', 'web-1.out', 'web-2.err', 'web-2.out']);
    expect(readFileSync(join(project.cwd, 'home/web-2.out'), 'utf8')).toBe('out of web-2\n');
    project.write('token', `${token}\n`, 0o600);
    project.write('config.yaml', 'service: { token_file: token }\n');
    expect(await project.run(project.upload('say.sh', '-q'))).toMatchObject({ exitCode: 0, stderr: '' });
    expect(project.hasState).toBe(false);
  });

  test('may be a payload that the service has, once or again', async () => {
    const service = projectOf(hosts.slice(0, 1));
    service.write('deploy.sh', 'echo "deployed $1"\n');
    expect(await service.run(['payload', 'add', 'deploy', 'deploy.sh'])).toMatchObject({ exitCode: 0 });
    const project = new ViaProject((await serve(service)).via);
    const known = await project.run([...project.upload('deploy@1'), '--', '1.4.2']);
    expect(known).toMatchObject({ exitCode: 0 });
    expect(known.stderr).toContain('1 instance: 1 running\npayload deploy@1\nrun ');
    expect(known.stderr).toContain('web-1 | deployed 1.4.2\n');
    expect(await project.run(project.upload('other'))).toMatchObject({
      exitCode: 66,
      stderr: `1 instance: 1 running\nspot: there is no script other here, and the service has no such payload; check the name, or register it there with: spot payload add\n`,
    });
    project.write('again.sh', 'echo again\n');
    for (let time = 0; time < 2; time += 1) {
      expect(await project.run(project.upload('again.sh', '-q'))).toMatchObject({ exitCode: 0, stderr: '' });
    }
    expect(service.rows("SELECT outcome FROM audit WHERE what LIKE 'upload%'")).toEqual([{ outcome: 'ok' }]);
    expect(service.rows("SELECT outcome FROM audit WHERE what = 'start-run' ORDER BY id")).toEqual([
      { outcome: 'ok' },
      { outcome: 'no-such-payload' },
      { outcome: 'upload-unknown' },
      { outcome: 'ok' },
      { outcome: 'ok' },
    ]);
  });
});
