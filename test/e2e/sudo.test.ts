import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { NO_PASSWORD, useSudoUsers, WITH_PASSWORD } from '../helpers/sudo-users.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { type Project, projectOf } from './project.ts';
import { ENTER, openTerminal } from './terminal.ts';

leakCheck();
const users = useSudoUsers();

const ATTEMPTS = 'SELECT outcome, error_code, evidence FROM attempts ORDER BY outcome, instance_id';
const WHO = 'echo "$(id -un) has $TOKEN and $(cat "$DEPLOY_FILES_DIR/note")"\n';
/** Deaf to TERM, with a helper. */
const LONG = "trap '' TERM\nsleep 311 &\necho begun\nsleep 312\n";
const QUICK = 'limits: { kill_grace: 1s }\n';

describe.skipIf(users.areMissing || requireProgram('sshd') === null)('--sudo', { timeout: 40_000 }, () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(3, { account: users.login });
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  function projectWith(files: Readonly<Record<string, string>>): Project {
    const project = projectOf(hosts);
    project.write('config.yaml', project.read('config.yaml') + QUICK);
    for (const [path, text] of Object.entries(files)) project.write(path, text);
    return project;
  }

  function sleepers(): number {
    return hosts.flatMap((host) => host.processes()).filter(({ command }) => /^sleep 31[12]$/.test(command)).length;
  }

  test('runs as root or as the user that is named; show, and rerun, know it', async () => {
    users.allow(NO_PASSWORD);
    const project = projectWith({ 'who.sh': WHO, 'files/note': 'a note' });
    const env = { TOKEN: 't-1' };
    const asRoot = await project.run(['upload-script', 'who.sh', '-e', 'TOKEN', '-l', 'web-1', '--sudo'], { env });
    expect(asRoot.stderr).toContain('web-1 | root has t-1 and a note\n');
    const flags = ['-e', 'TOKEN', '-l', 'web-1,web-2', `--sudo=${users.target}`];
    const asOther = await project.run(['upload-script', 'who.sh', ...flags], { env });
    for (const name of ['web-1', 'web-2'])
      expect(asOther.stderr).toContain(`${name} | ${users.target} has t-1 and a note\n`);
    const shown = await project.run(['show', 'last']);
    expect(shown.stdout).toContain(`user      ${users.target}, by sudo\n`);
    expect(JSON.parse((await project.run(['show', 'last', '--json'])).stdout)).toMatchObject({
      run: { sudo: users.target },
    });
    const again = await project.run(['rerun', 'last', '--all', '-e', 'TOKEN'], { env });
    expect(again.stderr).toContain(`web-2 | ${users.target} has t-1 and a note\n`);
    const fetched = await project.run(['fetch', 'last', 'note', '-l', 'web-2']);
    expect(fetched.stderr).toContain("or it is another user's (--sudo); give a whole path");
    const missing = ['upload-script', 'who.sh', '-e', 'TOKEN', '--only-missing', '--dry-run', '--json'];
    const planned = async (more: string[]): Promise<number> =>
      (JSON.parse((await project.run([...missing, ...more], { env })).stdout) as { targets: unknown[] }).targets.length;
    expect([await planned([]), await planned(['--sudo']), await planned([`--sudo=${users.target}`])]).toEqual([
      3, 2, 1,
    ]);
  });

  test.skipIf(requireProgram('script') === null)('asks for the password once, and keeps it nowhere', async () => {
    users.allow(WITH_PASSWORD);
    const project = projectWith({ 'who.sh': WHO, 'files/note': 'a note' });
    const terminal = openTerminal(project, ['upload-script', 'who.sh', '--sudo', '-K', '--yes', '-e', 'TOKEN=t-2']);
    await terminal.saw('sudo password of the login user on the instances:');
    terminal.type(`${users.password}${ENTER}`);
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown()).toContain('3 instances succeeded');
    expect(terminal.shown().match(/sudo password/g)).toHaveLength(1);
    expect(terminal.shown()).not.toContain(users.password);
    const files = readdirSync(project.cwd, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const having = files.filter(({ parentPath, name }) =>
      readFileSync(join(parentPath, name), 'latin1').includes(users.password),
    );
    expect({ files: files.length > 5, having }).toEqual({ files: true, having: [] });
  });

  test('tries a mistyped password on one instance alone', async () => {
    users.allow(WITH_PASSWORD);
    const project = projectWith({ 'who.sh': WHO });
    const env = { SPOT_SUDO_PASSWORD: 'wrong-horse' };
    const { exitCode, stderr } = await project.run(['upload-script', 'who.sh', '--sudo'], { env });
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/web-\d +rejected: sudo did not take the password; it was tried once/);
    const nothing = '["nothing was started"]';
    const cancelled = { outcome: 'cancelled', error_code: 'sudo-refused', evidence: nothing };
    expect(project.rows(ATTEMPTS)).toEqual([cancelled, cancelled, { ...cancelled, outcome: 'rejected' }]);
    expect(stderr).not.toContain('wrong-horse');
  });

  test('says what to do where a password is wanted, and none is known', async () => {
    users.allow(WITH_PASSWORD);
    const project = projectWith({ 'who.sh': WHO });
    const { exitCode, stdout } = await project.run(['upload-script', 'who.sh', '--sudo', '-l', 'web-1', '--json']);
    expect(exitCode).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      attempts: [
        {
          outcome: 'rejected',
          error: {
            code: 'sudo-password',
            message: 'sudo there wants a password; give it with --ask-sudo-password (-K)',
          },
          evidence: ['nothing was started'],
          remote_dir: null,
        },
      ],
    });
  });

  test('Ctrl-C ends what runs as another user, with the proof', async () => {
    users.allow(WITH_PASSWORD);
    const project = projectWith({ 'long.sh': LONG });
    const env = { SPOT_SUDO_PASSWORD: users.password };
    const running = project.start(['upload-script', 'long.sh', '--sudo', '-l', 'web-1,web-2'], { env });
    for (const name of ['web-1', 'web-2']) await running.saw(`${name} | begun`, 20_000);
    expect(sleepers()).toBe(4);
    running.kill('SIGINT');
    expect((await running.result).exitCode).toBe(130);
    expect(sleepers()).toBe(0);
    const evidence = '["killed 3 processes"]';
    expect(project.rows(ATTEMPTS)).toMatchObject([
      { outcome: 'cancelled', evidence },
      { outcome: 'cancelled', evidence },
    ]);
  });

  test('spot stop ends it without a password, whoever began it has left', async () => {
    users.allow(WITH_PASSWORD);
    const project = projectWith({ 'long.sh': LONG });
    const env = { SPOT_SUDO_PASSWORD: users.password };
    const left = await project.run(['upload-script', 'long.sh', '--sudo', '-l', 'web-1', '--detach'], { env });
    expect(left.exitCode).toBe(0);
    await waitFor('the script', () => sleepers() === 2);
    expect((await project.run(['stop', 'last'])).exitCode).toBe(0);
    expect(sleepers()).toBe(0);
    expect(project.rows(ATTEMPTS)).toMatchObject([{ outcome: 'cancelled', evidence: '["killed 3 processes"]' }]);
  });

  test('spot attach collects what it has said, and its exit code', async () => {
    users.allow(NO_PASSWORD);
    const project = projectWith({ 'short.sh': 'echo one\nsleep 0.5\necho two >&2\nexit 9\n' });
    const flags = [`--sudo=${users.target}`, '-l', 'web-2', '--detach'];
    expect((await project.run(['upload-script', 'short.sh', ...flags])).exitCode).toBe(0);
    const { exitCode, stderr } = await project.run(['attach']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('web-2 | one\n');
    expect(stderr).toContain('web-2 ! two\n');
    expect(stderr).toContain('exit 9');
  });

  test('a script that is too slow is ended', async () => {
    users.allow(NO_PASSWORD);
    const project = projectWith({ 'long.sh': LONG });
    const flags = [`--sudo=${users.target}`, '-l', 'web-3', '--timeout', '1s'];
    expect((await project.run(['upload-script', 'long.sh', ...flags])).exitCode).toBe(2);
    expect(sleepers()).toBe(0);
    expect(project.rows(ATTEMPTS)).toMatchObject([{ outcome: 'timed-out', evidence: '["killed 3 processes"]' }]);
  });

  test('dry run says as whom, and asks for nothing', async () => {
    const project = projectWith({ 'who.sh': WHO });
    const { exitCode, stdout } = await project.run(['upload-script', 'who.sh', '--sudo=postgres', '-K', '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('user     postgres, by sudo\n');
  });
});
