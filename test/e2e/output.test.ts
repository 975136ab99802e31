import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OUTCOME_KINDS } from '../../src/model/outcome.ts';
import { leakMark, LEAK_MARK } from '../helpers/leak-mark.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { DEAD_SPEC, type Project, projectOf } from './project.ts';

leakCheck();

const BIN = fileURLToPath(new URL('../../bin/spot.js', import.meta.url));

const TALK = 'echo one; echo two >&2; echo three\n';
const ESCAPE = '\u001B[';
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const NUMBER = expect.any(Number) as number;

describe.skipIf(requireProgram('sshd') === null)('the output of spot upload-script', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(1);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  function aProject(script = TALK): Project {
    const project = projectOf(hosts);
    project.write('talk.sh', script);
    return project;
  }

  test('with --json is one document that has every name of the contract and no other', async () => {
    const project = aProject();
    project.write('files/sub/a', 'x');
    project.add('dead', DEAD_SPEC);
    project.add('off', '10.0.0.9');
    await project.run(['set', 'off', '--state', 'stopped']);
    const { stdout, exitCode } = await project.run(['upload-script', 'talk.sh', '--json', '--retries', '0']);
    expect(exitCode).toBe(4);
    const document = JSON.parse(stdout) as { run: { id: string; payload: { digest: string } } };
    const { id, payload } = document.run;
    const archive = readFileSync(join(project.cwd, '.spot/payloads', `${payload.digest}.tar.gz`));
    expect(createHash('sha256').update(archive).digest('hex')).toBe(payload.digest);
    const logs = join(project.cwd, '.spot/logs', id);
    const counts = Object.fromEntries(OUTCOME_KINDS.map((kind) => [kind, 0]));
    expect(document).toEqual({
      schema: 1,
      run: {
        id: expect.stringMatching(/^\d{8}-\d{6}-[0-9a-f]{4}$/) as string,
        started_at: ISO,
        finished_at: ISO,
        payload: { digest: payload.digest, size_bytes: archive.length, files: 1 },
        exit_code: 4,
        counts: { ...counts, succeeded: 1, unreachable: 1 },
        running: [],
      },
      attempts: [
        {
          instance_id: 'web-1',
          name: 'web-1',
          address: '127.0.0.1',
          outcome: 'succeeded',
          exit_code: 0,
          signal: null,
          error: null,
          evidence: [],
          steps: ['connect', 'upload', 'execute', 'collect', 'clean-up'].map((name) => ({
            name,
            ms: NUMBER,
            bytes: name === 'upload' ? archive.length : name === 'collect' ? 14 : 0,
          })),
          remote_dir: expect.stringMatching(/^\/tmp\/deploy_files_/) as string,
          stdout_path: join(logs, 'web-1.out'),
          stderr_path: join(logs, 'web-1.err'),
          stdout_bytes: 10,
          stderr_bytes: 4,
          rescue_path: null,
          rescue_bytes: 0,
        },
        {
          instance_id: 'dead',
          name: 'dead',
          address: '127.0.0.1',
          outcome: 'unreachable',
          exit_code: null,
          signal: null,
          error: {
            code: 'connection-refused',
            message: '127.0.0.1:1 refused the connection; is sshd running there, on that port?',
          },
          evidence: [],
          steps: [{ name: 'connect', ms: NUMBER, bytes: 0 }],
          remote_dir: null,
          stdout_path: null,
          stderr_path: null,
          stdout_bytes: 0,
          stderr_bytes: 0,
          rescue_path: null,
          rescue_bytes: 0,
        },
      ],
      skipped: [{ instance_id: 'off', reason: 'stopped' }],
    });
  });

  test('with --json-lines is one object an event, from the start of the run to its end', async () => {
    const project = aProject();
    const { stdout, exitCode } = await project.run(['upload-script', 'talk.sh', '--json-lines']);
    expect(exitCode).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const types = events.map(({ type }) => type);
    expect(types[0]).toBe('run-started');
    expect(types.slice(-2)).toEqual(['attempt-finished', 'run-finished']);
    expect(events.every((event) => event['schema'] === 1 && event['run_id'] === events[0]?.['run_id'])).toBe(true);
    const said = (stream: string): string =>
      events.map((event) => (event['stream'] === stream ? String(event['text']) : '')).join('');
    expect([said('stdout'), said('stderr')]).toEqual(['one\nthree\n', 'two\n']);
  });

  test('without a terminal is one plain line an event on stderr, and nothing on stdout', async () => {
    const { stdout, stderr } = await aProject().run(['upload-script', 'talk.sh']);
    expect(stdout).toBe('');
    const lines = stderr.replace(/\d{8}-\d{6}-[0-9a-f]{4}/g, 'RUN').replace(/\d+ (ms|s)\b/g, 'TIME');
    expect(lines.replace(/\d+ B/g, 'SIZE')).toMatch(
      /^1 instance: 1 running\nrun RUN: 1 instance, SIZE to each\nweb-1 {2}connected\nweb-1 {2}uploaded SIZE in TIME\n/,
    );
    expect(lines).toMatch(/^web-1 \| one$/m);
    expect(lines).toMatch(/^web-1 ! two$/m);
    expect(lines).toMatch(
      /\n\n {2}INSTANCE {2}ADDRESS {4}OUTCOME {4}TIME\n✓ web-1 {5}127\.0\.0\.1 {2}succeeded {2}TIME\n\n1 of 1 instance succeeded in TIME\.\nOutput: \.spot\/logs\/RUN\n$/,
    );
  });

  test('with --quiet is what did not succeed and nothing else', async () => {
    const project = aProject();
    expect(await project.run(['upload-script', 'talk.sh', '--quiet'])).toMatchObject({
      stderr: '',
      stdout: '',
      exitCode: 0,
    });
    project.add('dead', DEAD_SPEC);
    const { stderr, exitCode } = await project.run(['upload-script', 'talk.sh', '-q', '--retries', '0']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^dead {3}unreachable: 127\.0\.0\.1:1 refused the connection; .*\n$/);
  });

  test('with --verbose says every step and its time', async () => {
    const { stderr } = await aProject().run(['upload-script', 'talk.sh', '--verbose']);
    for (const step of ['connecting', 'connected in', 'uploading', 'executing', 'collecting', 'cleaning up']) {
      expect(stderr).toMatch(new RegExp(`^web-1 {2}${step}`, 'm'));
    }
    expect(stderr).toMatch(/connect .+, upload .+, execute .+, collect .+, clean-up .+$/m);
  });

  test.each<[args: string[], env: Record<string, string>, isColored: boolean]>([
    [[], {}, false],
    [['--color', 'always'], {}, true],
    [['--color', 'always'], { NO_COLOR: '1' }, true],
    [['--no-color'], { FORCE_COLOR: '1' }, false],
    [[], { FORCE_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('with %o and %o is coloured: %s', async (args, env, isColored) => {
    const project = aProject();
    const { stderr } = await project.run(['upload-script', 'talk.sh', '-l', 'web-1', ...args], { env });
    expect(stderr.includes(ESCAPE)).toBe(isColored);
  });

  test('is also copied to --output-dir, a file for each stream that said something', async () => {
    const project = aProject('echo only this\n');
    await project.run(['upload-script', 'talk.sh', '--output-dir', 'new/out']);
    expect(readdirSync(join(project.cwd, 'new/out'))).toEqual(['web-1.out']);
    expect(project.read('new/out/web-1.out')).toBe('only this\n');
  });

  test('shows the end of a long output, says how much more there is, and keeps all of it byte for byte', async () => {
    const project = aProject("printf 'a\\0b\\377\\n'; seq 100000; echo last >&2; exit 1\n");
    const { stdout, stderr } = await project.run(['upload-script', 'talk.sh', '--json', '-v']);
    const { attempts } = JSON.parse(stdout) as { attempts: { stdout_path: string; stdout_bytes: number }[] };
    const whole = readFileSync(attempts[0]?.stdout_path as string);
    expect(whole.subarray(0, 5)).toEqual(Buffer.from([0x61, 0, 0x62, 0xff, 0x0a]));
    expect(whole.length).toBe(attempts[0]?.stdout_bytes);
    expect(whole.toString('latin1')).toMatch(/\n99999\n100000\n$/);
    expect(stderr).toMatch(/\nweb-1, stderr:\n {2}\| last\n/);
  });

  test('does not mind a reader that goes away', async () => {
    const { cwd, home } = aProject('seq 20000\n');
    const line = '{ "$0" "$1" upload-script talk.sh --cleanup --json-lines 2>err; echo $? >code; } | head -n 1';
    const env = { PATH: process.env['PATH'], HOME: home, [LEAK_MARK]: leakMark() };
    const { stdout } = await promisify(execFile)('sh', ['-c', line, process.execPath, BIN], { cwd, env });
    expect(JSON.parse(stdout)).toMatchObject({ type: 'run-started' });
    expect(readFileSync(join(cwd, 'code'), 'utf8')).toBe('0\n');
    expect(readFileSync(join(cwd, 'err'), 'utf8')).not.toMatch(/EPIPE|Error|cannot write/);
  });
});
