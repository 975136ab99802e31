import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { askSocket, callSocket } from '../service/http/ask-socket.ts';
import { Project, projectOf } from './project.ts';
import { serve, type Serving } from './serving.ts';

leakCheck();

/** One with a key, as a service has to be able to log in, and nobody to log in to. */
function aProject(): Project {
  const project = new Project();
  makeKeyPair(join(project.cwd, 'id'));
  project.write('config.yaml', 'aws:\n  private_ssh_key_path: id\n');
  return project;
}

/** `http://127.0.0.1:…`, as the service says it. */
function whereOf({ running }: Serving): string {
  return /listening at (http:\/\/127\.0\.0\.1:\d+);/.exec(running.output())?.[1] ?? '';
}

describe('spot serve', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'ends well with %s, and takes its socket along',
    async (signal) => {
      const project = aProject();
      const { via, running, stop } = await serve(project);
      expect(lstatSync(via).mode & 0o777).toBe(0o600);
      expect(await askSocket(via, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
      await stop(signal);
      const { exitCode, stdout, stderr } = await running.result;
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
      const [first, ...log] = stderr.trimEnd().split('\n');
      expect(first).toMatch(
        /^spot: listening at .*\/\.spot\/service\.sock; wk-[0-9a-z]+ works on 50 deployments at once$/,
      );
      expect(log.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['stopping']);
      expect(existsSync(via)).toBe(false);
    },
  );

  test('one that was killed leaves a socket that the next one replaces; a living one is left alone', async () => {
    const project = aProject();
    const first = await serve(project, ['--no-worker']);
    await first.stop('SIGKILL');
    expect(lstatSync(first.via).isSocket()).toBe(true);
    const second = await serve(project, ['--no-worker']);
    expect(await askSocket(second.via, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
    const third = await project.run(['serve', '--no-worker']);
    expect(third).toMatchObject({
      exitCode: 78,
      stderr: `spot: another service listens at ${second.via}; stop that one, or set service.listen to another path\n`,
    });
    expect(await askSocket(second.via, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  });

  test('on TCP lets in who shows a token of the state, of the file, of the environment, and nobody else', async () => {
    const project = aProject();
    const { stdout: created, stderr } = await project.run(['token', 'create', 'ci']);
    expect({ created, stderr }).toEqual({ created: expect.stringMatching(/^spot_[\w-]{43}\n$/), stderr: '' });
    const [ofState, ofFile, ofEnvironment] = [created.trim(), 'f'.repeat(40), 'e'.repeat(40)];
    project.write('token', `${ofFile}\n`, 0o600);
    project.write('config.yaml', `${project.read('config.yaml')}service:\n  token_file: token\n`);
    const service = await serve(project, ['--listen', '127.0.0.1:0', '--no-worker'], { SPOT_TOKEN: ofEnvironment });
    const ask = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${whereOf(service)}/api/v1/instances`, { headers })).status;
    };
    expect(await Promise.all([ofState, ofFile, ofEnvironment, 'x'.repeat(40)].map(ask))).toEqual([200, 200, 200, 401]);
    expect((await project.run(['token', 'revoke', 'ci'])).exitCode).toBe(0);
    expect(await ask(ofState)).toBe(401);
    await service.stop();
    const { stderr: log, exitCode } = await service.running.result;
    expect(exitCode).toBe(0);
    for (const token of [ofState, ofFile, ofEnvironment]) expect(log).not.toContain(token);
    const who = project.rows("SELECT who, outcome FROM audit WHERE what = 'authorise' ORDER BY id");
    expect(who).toEqual([
      { who: 'nobody', outcome: 'token-refused' },
      { who: 'ci', outcome: 'token-refused' },
    ]);
  });

  test('on TCP says that nobody is let in as long as there is no token', async () => {
    const project = aProject();
    const { running, stop } = await serve(project, ['--listen', '127.0.0.1:0', '--no-worker']);
    await stop();
    expect((await running.result).stderr).toContain(
      'spot: note: no token lets anybody in yet; make one with: spot token create NAME\n',
    );
  });
});

test('spot token list shows what is known of tokens, and nothing that opens anything', async () => {
  const project = new Project();
  expect((await project.run(['token', 'list'])).stderr).toMatch(
    /^no token in .*state\.db; make one with: spot token create/,
  );
  const { stdout: token } = await project.run(['token', 'create', 'ci']);
  await project.run(['token', 'create', 'old']);
  await project.run(['token', 'revoke', 'old']);
  const { stdout: text } = await project.run(['token', 'list']);
  expect(text).toMatch(/^NAME +CREATED +USED +REVOKED *\nci +\S+Z +never *\nold +\S+Z +never +\S+Z\n$/);
  const { stdout: document } = await project.run(['token', 'list', '--json']);
  expect(JSON.parse(document)).toEqual({
    schema: 1,
    tokens: [
      { name: 'ci', created_at: expect.any(String), used_at: null, revoked_at: null },
      { name: 'old', created_at: expect.any(String), used_at: null, revoked_at: expect.any(String) },
    ],
  });
  const everything = text + document + readFileSync(join(project.cwd, '.spot/state.db'), 'latin1');
  expect(everything).not.toContain(token.trim());
});

describe.skipIf(requireProgram('sshd') === null)('a payload that was asked for by JSON-RPC', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  test('is run on its instances, and all of it can be asked for', async () => {
    const project = projectOf(hosts);
    const script = project.write('work.sh', 'echo "hello from $SPOT_INSTANCE_ID"\necho careful >&2\n');
    writeFileSync(join(project.cwd, 'config.yaml'), `service:\n  payload_roots: [${project.cwd}]\n`, { flag: 'a' });
    const { via } = await serve(project);
    const deploy = { instance_ids: ['web-1', 'web-2', 'web-3'], payload_path: script, execute_payload: true };
    const { result } = (await callSocket(via, 'deploy_payload', deploy)) as { result: Deployed };
    expect(result).toMatchObject({
      success: false,
      payload_ids: [expect.stringMatching(/^pl-/), expect.stringMatching(/^pl-/)],
      errors: [{ instance_id: 'web-3', code: 'instance-unknown' }],
    });
    expect(result.task_ids).toHaveLength(4);
    const statuses = async () => {
      const answers = await Promise.all(result.payload_ids.map((id) => callSocket(via, 'get_payload_status', [id])));
      return answers.map((answer) => (answer as { result: PayloadStatus }).result);
    };
    await waitFor('the scripts', async () => (await statuses()).every(({ status }) => status === 'completed'), 20_000);
    expect(await statuses()).toMatchObject(
      ['web-1', 'web-2'].map((name) => ({
        instance_id: name,
        status: 'completed',
        executed: true,
        execution_time: expect.stringMatching(/^\d+\.\d{3}s$/),
        output: `hello from ${name}\n`,
        error_output: 'careful\n',
        error: null,
        requested_by: 'socket',
      })),
    );
    expect((await askSocket(via, '/api/v1/instances/web-1')).body).toMatchObject({ payload_status: 'executed' });
    expect(project.rows('SELECT who, what, target, outcome FROM audit')).toEqual([
      { who: 'socket', what: 'deploy', target: 'web-1,web-2,web-3', outcome: 'partly' },
    ]);
  });
});

interface Deployed {
  readonly payload_ids: readonly string[];
  readonly task_ids: readonly string[];
}

interface PayloadStatus {
  readonly status: string;
}
