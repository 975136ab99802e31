import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { leakMark, LEAK_MARK } from '../helpers/leak-mark.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { ROOT } from './markdown.ts';
import { type Project, projectOf } from './project.ts';
import { freePort, serve } from './serving.ts';

leakCheck();

/** What a program that is started says until now, and how it ends. */
interface Client {
  readonly said: () => string;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
}

function deploy(project: Project, words: readonly string[], env: Record<string, string> = {}): Client {
  const program = join(ROOT, 'examples/service/deploy.js');
  const child = spawn(process.execPath, [program, ...words], {
    cwd: project.cwd,
    env: { PATH: process.env['PATH'], [LEAK_MARK]: leakMark(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { said: () => said, ended: ended.then(([exitCode, stdout, stderr]) => ({ exitCode, stdout, stderr })) };
}

/** The lines of an output, in an order of their own, without how long something took. */
function linesOf(output: string): string[] {
  return output
    .replace(/\d+\.\d{3}s/g, 'TIME')
    .trimEnd()
    .split('\n')
    .sort();
}

describe.skipIf(requireProgram('sshd') === null)('examples/service', () => {
  let hosts: readonly SshdHost[];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterEach(() => {
    removeDeployFolders();
  });
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  test('shows what the scripts say, and ends as they did', async () => {
    const project = projectOf(hosts);
    project.write('hello.sh', 'echo "hello from $SPOT_INSTANCE_ID"\ntest "$SPOT_INSTANCE_ID" != web-2 || exit 3\n');
    await project.run(['payload', 'add', 'hello', 'hello.sh', '--no-files']);
    await serve(project);
    const good = await deploy(project, ['hello', 'web-1']).ended;
    expect(good).toMatchObject({ exitCode: 0, stderr: '' });
    expect(linesOf(good.stdout)).toEqual(['web-1 completed in TIME', 'web-1 | hello from web-1']);
    const bad = await deploy(project, ['hello@1', 'web-1', 'web-2', 'web-3']).ended;
    expect(bad.exitCode).toBe(1);
    expect(bad.stderr).toBe('web-3: no instance has the id or name "web-3"; see which there are\n');
    expect(linesOf(bad.stdout)).toEqual([
      'web-1 completed in TIME',
      'web-1 | hello from web-1',
      'web-2 failed in TIME: the script ended with exit code 3',
      'web-2 | hello from web-2',
    ]);
  });

  test('asks over TCP with a token, for a script by its path, and says what is refused', async () => {
    const project = projectOf(hosts);
    const path = project.write('scripts/hello.sh', 'echo hello\n');
    const port = await freePort();
    const { stdout } = await project.run(['token', 'create', 'ci']);
    await serve(project, ['--listen', `127.0.0.1:${port}`], {
      SPOT_SERVICE_PAYLOAD_ROOTS: join(project.cwd, 'scripts'),
    });
    const env = { SPOT_SERVICE: `http://127.0.0.1:${port}`, SPOT_TOKEN: stdout.trim() };
    expect(await deploy(project, [path, 'web-1'], env).ended).toMatchObject({ exitCode: 0 });
    const outside = await deploy(project, [join(project.cwd, 'config.yaml'), 'web-1'], env).ended;
    expect(outside.stderr).toContain('{"code":"path-refused"}');
    const stranger = await deploy(project, [path, 'web-1'], { ...env, SPOT_TOKEN: 'x'.repeat(40) }).ended;
    expect(stranger.stderr).toContain('the token is not known here, or was revoked');
    expect([outside.exitCode, stranger.exitCode]).toEqual([1, 1]);
  });

  test('shows each output once, although the service is killed meanwhile', async () => {
    const project = projectOf(hosts);
    const go = join(tempDir(), 'go');
    project.write('wait.sh', `echo one\nuntil [ -e '${go}' ]; do sleep 0.05; done\necho two\n`);
    await project.run(['payload', 'add', 'wait', 'wait.sh', '--no-files']);
    const env = { SPOT_SERVICE_LEASE: '2s' };
    const first = await serve(project, [], env);
    const client = deploy(project, ['wait', 'web-1', 'web-2']);
    await waitFor('both scripts to begin', () => client.said().split('one').length === 3, 20_000);
    await first.stop('SIGKILL');
    await serve(project, [], env);
    writeFileSync(go, '');
    const { exitCode, stdout, stderr } = await client.ended;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(linesOf(stdout)).toEqual(
      ['web-1', 'web-2'].flatMap((name) => [`${name} completed in TIME`, `${name} | one`, `${name} | two`]),
    );
  });
});
