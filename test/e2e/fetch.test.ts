import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { fetchJson, idleRunOn, runOf, sha256 } from './fetching.ts';
import { DEAD_SPEC } from './project.ts';

leakCheck();

/** Names that a shell, a terminal or a line of text would stumble over. */
const HOSTILE_NAMES = [
  'a b',
  "it's",
  '"q"',
  '$(touch x)',
  '`id`',
  '-n',
  '--',
  'two\nlines',
  'tail\n',
  '*',
  '[x]',
  '\\',
  'ü',
  '\u001B[31m',
  '~',
  ';',
  '#',
  '%s',
  '...',
];

describe.skipIf(requireProgram('sshd') === null)('spot fetch', () => {
  let hosts: SshdHost[];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.close()));
  });

  function first(): SshdHost {
    return hosts[0] as SshdHost;
  }

  test('brings what matches home, a folder for each instance, and says so', async () => {
    const project = await runOf(
      'cd "$DEPLOY_FILES_DIR" && mkdir -p out/deep && echo "$SPOT_INSTANCE_ID" >out/a.csv && echo b >out/deep/b.csv && echo c >out/c.txt',
      hosts,
    );
    const { exitCode, stdout, stderr } = await project.run(['fetch', 'last', 'out/**/*.csv']);
    const [run] = project.rows('SELECT id FROM runs');
    const folder = `fetched/${String(run?.['id'])}`;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr.split('\n').sort()).toEqual([
      '',
      `4 files, 16 B; 2 of 2 instances gave all that was asked for.`,
      `Files: ${folder}`,
      'web-1  fetched 2 files, 8 B',
      'web-2  fetched 2 files, 8 B',
    ]);
    expect(readdirSync(join(project.cwd, folder), { recursive: true }).sort()).toEqual(
      ['web-1', 'web-2'].flatMap((name) => [
        name,
        `${name}/out`,
        `${name}/out/a.csv`,
        `${name}/out/deep`,
        `${name}/out/deep/b.csv`,
      ]),
    );
    expect([project.read(`${folder}/web-1/out/a.csv`), project.read(`${folder}/web-2/out/a.csv`)]).toEqual([
      'web-1\n',
      'web-2\n',
    ]);
  });
  test('takes any name for what it is', async () => {
    const { project, home } = await idleRunOn(first());
    mkdirSync(join(home, 'names'));
    for (const name of HOSTILE_NAMES) writeFileSync(join(home, 'names', name), name);
    const document = await fetchJson(project, '~/names/**');
    expect(document.instances[0]).toMatchObject({ outcome: 'fetched', refused: [] });
    const got = join(project.cwd, 'got/web-1/names');
    expect(readdirSync(got).sort()).toEqual([...HOSTILE_NAMES].sort());
    for (const name of HOSTILE_NAMES) expect(readFileSync(join(got, name), 'utf8')).toBe(name);
    // and none of them reaches the terminal
    const { stderr } = await project.run(['fetch', 'last', '~/names', '--to', 'got']);
    expect(stderr).toMatch(/^web-1 {2}fetched 0 files, 0 B, 19 here already$/m);
  });

  test('sends nothing again that is here, and replaces nothing that differs without --force', async () => {
    const { project, home } = await idleRunOn(first());
    mkdirSync(join(home, 'r'));
    for (const name of ['same', 'size', 'length']) writeFileSync(join(home, 'r', name), 'first');
    await fetchJson(project, '~/r');
    const before = lstatSync(join(project.cwd, 'got/web-1/r/same'));
    writeFileSync(join(home, 'r/size'), 'other');
    writeFileSync(join(home, 'r/length'), 'another');
    const refused = await fetchJson(project, '~/r');
    expect(refused).toMatchObject({ exit_code: 2, instances: [{ outcome: 'fetched' }] });
    expect(refused.instances[0]?.files).toMatchObject([
      { path: 'r/same', same: true, bytes: 5, sha256: sha256('first') },
    ]);
    expect(refused.instances[0]?.refused.map(({ path, code }) => [path, code]).sort()).toEqual([
      ['r/length', 'differs'],
      ['r/size', 'differs'],
    ]);
    expect([project.read('got/web-1/r/size'), project.read('got/web-1/r/length')]).toEqual(['first', 'first']);
    const forced = await fetchJson(project, '~/r', '--force');
    expect(forced.exit_code).toBe(0);
    expect([project.read('got/web-1/r/size'), project.read('got/web-1/r/length')]).toEqual(['other', 'another']);
    expect(lstatSync(join(project.cwd, 'got/web-1/r/same')).ino).toBe(before.ino);
  });

  test('takes links that stay inside, and names what it does not take', async () => {
    const { project, home } = await idleRunOn(first());
    const root = join(home, 'kinds');
    mkdirSync(join(root, 'sub/empty'), { recursive: true });
    writeFileSync(join(root, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(root, 'secret'), 'x', { mode: 0o600 });
    symlinkSync('../tool', join(root, 'sub/inside'));
    symlinkSync('/etc/passwd', join(root, 'absolute'));
    symlinkSync('../../../../etc/passwd', join(root, 'sub/up'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const socket = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void socket.close());
    const document = await fetchJson(project, '~/kinds');
    expect(document.exit_code).toBe(2);
    expect(document.instances[0]?.files.map(({ path, same }) => [path, same]).sort()).toEqual([
      ['kinds/secret', false],
      ['kinds/sub/inside', false],
      ['kinds/tool', false],
    ]);
    expect(document.instances[0]?.refused.map(({ path, code }) => [path, code]).sort()).toEqual([
      ['kinds/absolute', 'link-outside'],
      ['kinds/pipe', 'no-file'],
      ['kinds/socket', 'no-file'],
      ['kinds/sub/up', 'link-outside'],
    ]);
    const got = join(project.cwd, 'got/web-1/kinds');
    expect(readlinkSync(join(got, 'sub/inside'))).toBe('../tool');
    expect(readdirSync(got, { recursive: true }).sort()).toEqual(['secret', 'sub', 'sub/empty', 'sub/inside', 'tool']);
    expect(['tool', 'secret'].map((name) => lstatSync(join(got, name)).mode & 0o700)).toEqual([0o700, 0o600]);
    const again = await fetchJson(project, '~/kinds/sub/inside');
    expect(again.instances[0]?.files).toMatchObject([{ path: 'kinds/sub/inside', same: true }]);
  });

  test('says of each instance why nothing came', async () => {
    const project = await runOf('[ "$SPOT_INSTANCE_ID" = web-2 ] || echo 1 >"$DEPLOY_FILES_DIR/only"', hosts);
    project.add('gone', DEAD_SPEC);
    await project.run(['upload-script', 'make.sh', '--yes', '--quiet', '--retries', '0']);
    const { exitCode, stderr } = await project.run(['fetch', 'last', 'only', '--to', 'got', '--retries', '0']);
    expect(exitCode).toBe(4 | 2);
    expect(stderr).toMatch(/^web-1 {2}fetched 1 file, 2 B$/m);
    expect(stderr).toMatch(/^web-2 {2}nothing matches only$/m);
    expect(stderr).toMatch(/^gone {2}rejected: this run has left no files folder there: .*; give a whole path$/m);
    const whole = await project.run(['fetch', 'last', '/etc/hostname', '-l', 'gone', '--to', 'got', '--retries', '0']);
    expect(whole.exitCode).toBe(4);
    expect(whole.stderr).toMatch(/^gone {2}unreachable: 127\.0\.0\.1.* refused the connection/m);
    expect(readdirSync(join(project.cwd, 'got'))).toEqual(['web-1']);
    const removed = await project.run(['upload-script', 'make.sh', '--yes', '--quiet', '--cleanup', '-l', 'web-1']);
    expect(removed.exitCode).toBe(0);
    expect((await project.run(['fetch', 'last', 'only'])).stderr).toMatch(
      /^web-1 {2}rejected: this run has left no files folder/m,
    );
  });

  test('fetches from a script that still runs, and misses a folder that a later run has removed', async () => {
    const project = await runOf('true', hosts.slice(0, 1));
    const [first] = project.rows('SELECT id FROM runs');
    project.write('make.sh', 'echo half >"$DEPLOY_FILES_DIR/progress"; sleep 60');
    await project.run(['upload-script', 'make.sh', '--quiet', '--detach']);
    await waitFor('the script', async () => (await fetchJson(project, 'progress')).exit_code === 0);
    expect(project.read('got/web-1/progress')).toBe('half\n');
    await project.run(['stop', 'last', '--quiet']);
    project.write('make.sh', 'true');
    await project.run(['upload-script', 'make.sh', '--quiet']);
    const { stderr, exitCode } = await project.run(['fetch', String(first?.['id']), 'x']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^web-1 {2}rejected: \/tmp\/deploy_files_\S+ is not there any more, as a later success/m);
  });

  test('begins with nothing where it would be too much', async () => {
    const { project, home } = await idleRunOn(first());
    writeFileSync(join(home, 'large'), Buffer.alloc(3000));
    writeFileSync(join(home, 'lesser'), Buffer.alloc(1000));
    const document = await fetchJson(project, '~/l*', '--max-bytes', '3.5KB');
    expect(document).toMatchObject({
      exit_code: 4,
      instances: [{ outcome: 'rejected', error: { code: 'too-many-bytes' }, files: [] }],
    });
    expect(document.instances[0]?.error?.message).toBe(
      'it would be 4.0 KB, and --max-bytes allows 3.5 KB; allow more, or fetch less',
    );
    expect(existsSync(join(project.cwd, 'got'))).toBe(false);
    // what is here does not count
    await fetchJson(project, '~/large', '--max-bytes', '3KB');
    expect((await fetchJson(project, '~/l*', '--max-bytes', '1KB')).exit_code).toBe(0);
  });
});
