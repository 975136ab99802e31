import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { listTree, type Project, projectOf } from './project.ts';

leakCheck();

/** The part of the `--json` document that these tests look at. */
interface Document {
  readonly attempts: readonly { readonly remote_dir: string | null; readonly stdout_path: string }[];
}

describe.skipIf(requireProgram('sshd') === null)('spot upload-script', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(1);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  /** @returns what the script printed on the first instance */
  async function outputOf(
    project: Project,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<string> {
    const { exitCode, stdout, stderr } = await project.run(['upload-script', '--json', ...args], { env });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const [attempt] = (JSON.parse(stdout) as Document).attempts;
    return readFileSync(attempt?.stdout_path as string, 'utf8');
  }

  test('sends ./files as they are, and runs the script in the home with DEPLOY_FILES_DIR set', async () => {
    const project = projectOf(hosts);
    project.write('files/bin/tool', '#!/bin/sh\n', 0o755);
    project.write('files/conf/café – ünï.ini', 'x=1\n', 0o640);
    mkdirSync(join(project.cwd, 'files/empty'), { mode: 0o750 });
    symlinkSync('bin/tool', join(project.cwd, 'files/current'));
    project.write('show.sh', 'pwd\necho "$DEPLOY_FILES_DIR"\nreadlink "$DEPLOY_FILES_DIR/current"\n');
    const [cwd, folder, link] = (await outputOf(project, ['show.sh'])).split('\n');
    expect(cwd).toBe(hosts[0]?.home);
    expect(folder).toMatch(/^\/tmp\/deploy_files_\d{8}T\d{12}_\d+$/);
    expect(link).toBe('bin/tool');
    expect(listTree(folder as string)).toEqual(listTree(join(project.cwd, 'files')));
    expect((statSync(folder as string).mode & 0o777).toString(8)).toBe('700');
    expect(readFileSync(join(folder as string, 'conf/café – ünï.ini'), 'utf8')).toBe('x=1\n');
  });

  test('sends only what has changed since the last time, and says so', async () => {
    const project = projectOf(hosts);
    project.write('files/large', 'a b c d e f g h\n'.repeat(50_000));
    project.write('files/data', randomBytes(600_000));
    project.write('show.sh', 'cat "$DEPLOY_FILES_DIR/small"\n');
    project.write('files/small', 'one\n');
    expect((await project.run(['upload-script', 'show.sh'])).stderr).toMatch(/web-1 {2}uploaded 6\d\d KB in /);
    project.write('files/small', 'two\n');
    const { stderr } = await project.run(['upload-script', 'show.sh']);
    expect(stderr).toContain('web-1 | two\n');
    expect(stderr).toMatch(/web-1 {2}sent \d{3} B of 6\d\d KB in /);
    expect(stderr).toMatch(/\nSent \d{3} B of 6\d\d KB; the rest was there\.\n/);
    const whole = await project.run(['upload-script', 'show.sh', '--no-cache']);
    expect(whole.stderr).toMatch(/web-1 {2}uploaded 6\d\d KB in /);
    expect(whole.stderr).not.toContain('Sent');
  });

  test('passes arguments on byte for byte', async () => {
    const project = projectOf(hosts);
    project.write('args.sh', 'printf "<%s>" "$@"\n');
    const args = ['a b', "it's", '$HOME', '--json', '', '*', 'é"\\'];
    expect(await outputOf(project, ['args.sh', '--', ...args])).toBe(args.map((arg) => `<${arg}>`).join(''));
  });

  test('gives the environment of --env-file and --env, and says which run and instance it is', async () => {
    const project = projectOf(hosts);
    project.write('vars.env', '# a comment\nA=file\nexport B="from file"\n\nC=file\n');
    project.write('env.sh', 'echo "$A|$B|$C|$D|$SPOT_INSTANCE_ID|$SPOT_RUN_ID"\n');
    const args = ['env.sh', '--env-file', 'vars.env', '-e', "C=it's\nme", '-e', 'D'];
    const output = await outputOf(project, args, { D: 'here' });
    const [run] = project.rows('SELECT id, plan FROM runs');
    expect(output).toBe(`file|from file|it's\nme|here|web-1|${String(run?.['id'])}\n`);
    expect(JSON.parse(String(run?.['plan']))).toMatchObject({ environment: ['A', 'B', 'C', 'D'] });
    expect(readFileSync(join(project.cwd, '.spot/state.db')).includes("it's")).toBe(false);
  });

  test('sets DEPLOY_FILES_DIR to an empty folder where there are no files', async () => {
    const project = projectOf(hosts);
    project.write('files/secret', 'x');
    project.write('ls.sh', 'ls -A "$DEPLOY_FILES_DIR" && echo "in ${DEPLOY_FILES_DIR%_*}"\n');
    expect(await outputOf(project, ['ls.sh', '--no-files'])).toMatch(/^in \/tmp\/deploy_files_\d{8}T\d{12}\n$/);
  });

  test('never sends its own state, even with --files .', async () => {
    const project = projectOf(hosts);
    project.write('find.sh', 'cd "$DEPLOY_FILES_DIR" && find . -type f | sort\n');
    project.write('.spotignore', '*.log\n');
    project.write('run.log', 'x');
    expect(await outputOf(project, ['find.sh', '--files', '.'])).toBe('./config.yaml\n./find.sh\n');
  });

  test('runs a script of another language by its first line', async () => {
    const project = projectOf(hosts);
    project.write('hi.awk', '#!/usr/bin/awk -f\nBEGIN { print "six times seven is " 6 * 7 }\n');
    expect(await outputOf(project, ['hi.awk'])).toBe('six times seven is 42\n');
  });

  test('removes the files with --cleanup', async () => {
    const project = projectOf(hosts);
    project.write('files/a', 'x');
    project.write('where.sh', 'echo "$DEPLOY_FILES_DIR"\n');
    const folder = (await outputOf(project, ['where.sh', '--cleanup'])).trim();
    expect(existsSync(folder)).toBe(false);
  });

  test('keeps the script where --remote-path says, below the home or not, and runs it', async () => {
    const project = projectOf(hosts);
    const home = hosts[0]?.home as string;
    project.write('me.sh', 'echo ran\n');
    for (const path of ['~/me.sh', `${home}/it's me.sh`]) {
      expect(await outputOf(project, ['me.sh', '--remote-path', path])).toBe('ran\n');
      expect(readFileSync(path.replace('~', home), 'utf8')).toBe('echo ran\n');
    }
  });

  test('copies and runs nothing with --copy-only', async () => {
    const project = projectOf(hosts);
    const home = hosts[0]?.home as string;
    project.write('files/a', 'x');
    project.write('me.sh', 'touch ~/ran\n');
    const args = ['upload-script', 'me.sh', '--copy-only', '--remote-path', '~/kept.sh', '--json'];
    const { stdout, exitCode } = await project.run(args);
    const [attempt] = (JSON.parse(stdout) as Document).attempts;
    expect(exitCode).toBe(0);
    expect(readFileSync(join(home, 'kept.sh'), 'utf8')).toBe('touch ~/ran\n');
    expect(existsSync(join(home, 'ran'))).toBe(false);
    expect(readFileSync(join(attempt?.remote_dir as string, 'a'), 'utf8')).toBe('x');
    expect(attempt).toMatchObject({ outcome: 'succeeded', exit_code: null, stdout_path: null });
  });

  test('with --dry-run says what would happen and connects to nothing', async () => {
    const project = projectOf(hosts);
    const [host] = hosts as [SshdHost];
    project.write('files/a', 'x');
    project.write('deploy.sh', '#!/bin/sh\n');
    const before = host.log();
    const words = ['-n', '-e', 'TOKEN=1', '--remote-path', '~/kept.sh', '--timeout', '90s', '--', 'a b', 'c'];
    const { stdout, stderr, exitCode } = await project.run(['upload-script', 'deploy.sh', ...words]);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout.replace(/\d+ B/g, 'SIZE').replace(/sha256 \w{16}/, 'sha256 DIGEST')).toBe(
      `Dry run: nothing is connected to, nothing is changed.
1 instance: 1 running
payload  deploy.sh with 1 file (in /tmp/deploy_files_<time>_<pid>), SIZE packed, sha256 DIGEST…
action   run it by /bin/sh, with the arguments 'a b' c
script   kept as ~/kept.sh
env      TOKEN
limits   connect 10 s, upload 1m00s, script 1m30s, 100 at once
slow     instances whose script takes 3 × the median are shown, once half have succeeded
upload   SIZE to each of 1 instance, SIZE in all; how long that takes is unknown: nothing comparable was measured yet
checks   nothing to complain of

INSTANCE  HOST
web-1     ${host.user}@${host.address}:${host.port}
`,
    );
    expect(project.rows('SELECT * FROM runs')).toEqual([]);
    expect(host.log()).toBe(before);
  });
});
