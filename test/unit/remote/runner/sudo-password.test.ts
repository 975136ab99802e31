import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RunnerRefusal } from '../../../../src/run/runner-session.ts';
import { readSudoRefusal } from '../../../../src/run/sudo-refusal.ts';
import { Secret } from '../../../../src/util/secret.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { NO_PASSWORD, type Rules, useSudoUsers, WITH_PASSWORD } from '../../../helpers/sudo-users.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { prepare, start, type LocalRun } from '../local-run.ts';
import { searchPathWith } from '../shells.ts';

leakCheck();
const users = useSudoUsers();

describe.skipIf(users.areMissing)('sudo', () => {
  async function begin(script: string, password: string | null, user = 'root', path?: string): Promise<LocalRun> {
    const uid = users.uid(users.login);
    const wrapper = ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    const sudo = { user, password: password === null ? null : new Secret(password) };
    const around = { home: users.home, wrapper, ...(path === undefined ? {} : { searchPath: path }) };
    const environment = { TOKEN: 'tok-en-77' };
    const run = start(await prepare({ script, environment, job: { sudo } }, around));
    run.sendArchive();
    return run;
  }

  async function refusal(run: LocalRun): Promise<string> {
    const error: unknown = await run.session.until('started').catch((thrown: unknown) => thrown);
    await run.exit;
    if (!(error instanceof RunnerRefusal) || error.code !== 'sudo')
      throw new Error('sudo has not refused it', { cause: error });
    expect(readdirSync('/tmp').filter((name) => name.includes(run.prepared.job.stamp))).toEqual([]);
    const { code } = readSudoRefusal(error.message);
    // sudo asks three times by default
    if (code === 'sudo-refused') expect(error.message).toContain('1 incorrect password attempt');
    return code;
  }

  const NOBODY: Rules = [];
  test.each<[string, Rules, string | null, string]>([
    ['wants a password, and none is known', WITH_PASSWORD, null, 'sudo-password'],
    ['is given a wrong one', WITH_PASSWORD, 'wrong-horse', 'sudo-refused'],
    ['does not know the login user', NOBODY, null, 'sudo-password'],
    ['does not know the login user, who has a password', NOBODY, users.password, 'sudo-not-allowed'],
    ['lets the login user do something else', ['{login} ALL=(ALL) NOPASSWD: /bin/true'], null, 'sudo-password'],
    ['insists on a terminal', ['Defaults:{login} requiretty', ...NO_PASSWORD], null, 'sudo-tty'],
  ])('that %s starts nothing and leaves nothing', { timeout: 15_000 }, async (_, rules, password, code) => {
    users.allow(rules);
    expect(await refusal(await begin('echo never\n', password))).toBe(code);
  });

  test('that changes the directory starts nothing as another user than root', async () => {
    users.allow(['Defaults:{login} runcwd=/', ...NO_PASSWORD]);
    expect(await refusal(await begin('echo never\n', null, users.target))).toBe('sudo-failed');
  });

  test('starts nothing as a user that is not there', async () => {
    users.allow(NO_PASSWORD);
    expect(await refusal(await begin('echo never\n', null, 'nobody-of-that-name'))).toBe('sudo-user');
  });

  test('is not asked where it is not there', async () => {
    const folder = tempDir();
    chmodSync(folder, 0o755);
    const tools = [
      'sh',
      'tar',
      'gzip',
      'sha256sum',
      'mv',
      'rm',
      'mkdir',
      'head',
      'tail',
      'wc',
      'sleep',
      'cat',
      'grep',
      'dd',
    ];
    const path = searchPathWith(`${folder}/bin`, [...tools, 'chmod', 'rmdir', 'id']);
    expect(await refusal(await begin('echo never\n', null, 'root', path))).toBe('sudo-missing');
  });

  test.each([
    ['needed', WITH_PASSWORD, true],
    ['not needed', NO_PASSWORD, false],
  ])(
    'a password that is %s is in no process and no file, and the values of --env in none that others see',
    async (_, rules, proves) => {
      users.allow(rules);
      const script =
        'echo "$TOKEN ${DEPLOY_FILES_DIR:-none} $SPOT_RUN_ID $SPOT_INSTANCE_ID"\ncat\ntr "\\0" "\\n" </proc/$$/environ\nuntil [ -e ~/go ]; do sleep 0.02; done\nrm ~/go\n';
      const run = await begin(script, users.password, users.target);
      await run.session.until('started');
      const pid = await run.pidIn('session').catch(() => 0);
      expect(pid).toBeGreaterThan(0);
      await waitFor('the script', () => readFileSync(`${run.control}/out`, 'utf8').includes('SPOT_'));
      expect(run.session.provesPassword).toBe(proves);
      expect(placesOf(users.password)).toEqual([]);
      expect(commandLinesWith('tok-en-77')).toEqual([]);
      expect(filesWith(run.control, users.password)).toEqual([]);
      expect(filesWith(run.control, 'tok-en-77')).toEqual([`${run.control}/out`, `${run.control}/as/out`].sort());
      writeFileSync(`/home/${users.target}/go`, '');
      const { verdict, stdout, deploy } = await run.finish();
      expect(verdict).toEqual({ kind: 'exit', code: 0 });
      expect(stdout.toString().split('\n')[0]).toBe(`tok-en-77 ${deploy} run-1 i-1`);
      expect(stdout.toString()).not.toContain(users.password);
    },
  );

  /** `/proc` files of any process but this one in which it stands. */
  function placesOf(text: string): string[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
    const files = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
    return files.filter((file) => contentOf(file).includes(text));
  }

  function commandLinesWith(text: string): string[] {
    return placesOf(text).filter((file) => file.endsWith('cmdline'));
  }

  function filesWith(folder: string, text: string): string[] {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return entries
      .map(({ parentPath, name }) => `${parentPath}/${name}`)
      .filter((file) => contentOf(file).includes(text))
      .sort();
  }

  function contentOf(file: string): string {
    try {
      return readFileSync(file, 'latin1');
    } catch {
      return '';
    }
  }
});
