import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { SudoJob } from '../../../../src/remote/job.ts';
import { Secret } from '../../../../src/util/secret.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { killAll, sendSignal } from '../../../helpers/processes.ts';
import { NO_PASSWORD, useSudoUsers, WITH_PASSWORD } from '../../../helpers/sudo-users.ts';

import { imdsServer } from '../../../helpers/imds.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { attach, isAlive, type LocalRun, prepare, type RunRequest, runToEnd, start } from '../local-run.ts';
import { pathInSearchPath, useShells } from '../shells.ts';

leakCheck();
const users = useSudoUsers();
const shells = useShells();

const AS_ROOT: SudoJob = { user: 'root', password: null };
const AS_OTHER: SudoJob = { user: users.target, password: null };
/** As much of `sudo` in the PATH as there is to be found of it. */
const OWN_PATH = `Defaults:${users.login} !secure_path`;
/** Deaf to TERM, as are those that it starts; the last one has a session of its own and a clean environment. */
const STUBBORN = "trap '' TERM\nsleep 61 & sleep 62 & setsid env -i sleep 63 &\necho up\nwait\nsleep 64\n";

describe.skipIf(users.areMissing)('a script as another user', () => {
  afterEach(async () => {
    rmSync('/tmp/spot-test-iolog', { recursive: true, force: true });
    await waitFor('their processes to end', () =>
      [users.login, users.target].every((user) => users.processes(user).length === 0),
    );
  });

  function surroundings(searchPath?: string): { home: string; wrapper: string[]; searchPath?: string } {
    const uid = users.uid(users.login);
    const wrapper = ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    return { home: users.home, wrapper, ...(searchPath === undefined ? {} : { searchPath }) };
  }

  async function begin(script: string, sudo: SudoJob, request: RunRequest = {}): Promise<LocalRun> {
    const run = start(await prepare({ ...request, script, job: { ...request.job, sudo } }, surroundings()));
    run.sendArchive();
    await run.session.until('started');
    return run;
  }

  test.each([
    ['root', AS_ROOT, '/root'],
    ['another one', AS_OTHER, `/home/${users.target}`],
  ])('runs as %s on every shell, in that home, and ends alike', { timeout: 60_000 }, async (_, sudo, home) => {
    users.allow([OWN_PATH, ...NO_PASSWORD]);
    const script = 'id -un\necho "$HOME $USER $LOGNAME"\npwd\necho oops >/dev/stderr\nexit 7\n';
    const ended = await shells.onEach(async ({ searchPath }) => {
      const around = surroundings(`${searchPath}:/usr/bin`);
      const { verdict, stdout, stderr } = await runToEnd({ script, job: { sudo } }, around);
      return { verdict, stdout: stdout.toString(), stderr: stderr.toString() };
    });
    const who = sudo.user;
    expect(ended).toEqual(
      shells.each({
        verdict: { kind: 'exit', code: 7 },
        stdout: `${who}\n${home} ${who} ${who}\n${home}\n`,
        stderr: 'oops\n',
      }),
    );
  });

  test.each([
    ['use_pty', 'Defaults:{login} use_pty'],
    ['no pty', 'Defaults:{login} !use_pty'],
    ['a log of its outputs', 'Defaults:{login} log_output, log_input, iolog_dir=/tmp/spot-test-iolog'],
  ])('says every byte, and tells a signal from an exit code, with %s', async (_, rule) => {
    users.allow([rule, ...NO_PASSWORD]);
    const script = 'head -c 300000 /dev/zero | tr "\\0" "\\377"\nprintf "a\\r\\n\\004b" >&2\nkill -KILL $$\n';
    const { verdict, stdout, stderr } = await runToEnd({ script, job: { sudo: AS_ROOT } }, surroundings());
    expect(verdict).toEqual({ kind: 'signal', number: 9 });
    expect(stdout.equals(Buffer.alloc(300_000, 0xff))).toBe(true);
    expect(stderr.toString()).toBe('a\r\n\u0004b');
  });

  test.each([
    ['root', AS_ROOT],
    ['another one', AS_OTHER],
  ])('all that it started is ended and counted at its deadline, as %s', { timeout: 30_000 }, async (_, sudo) => {
    users.allow(NO_PASSWORD);
    const run = await begin(STUBBORN, sudo, { job: { executionTimeoutMs: 1000, killGraceMs: 1000 } });
    const { verdict, stdout } = await run.finish();
    expect(stdout.toString()).toBe('up\n');
    expect(verdict).toMatchObject({ kind: 'deadline', survivors: [] });
    expect((verdict as { killed: number }).killed).toBeGreaterThanOrEqual(4);
  });

  test('is ended by a second client, which knows no password', { timeout: 30_000 }, async () => {
    users.allow(WITH_PASSWORD);
    const first = await begin(
      STUBBORN,
      { user: 'root', password: new Secret(users.password) },
      { job: { killGraceMs: 500 } },
    );
    expect(first.session.provesPassword).toBe(true);
    first.hangUp();
    const second = attach(first.prepared);
    await second.session.until('started');
    second.session.cancel('spot-stop');
    const { verdict } = await second.finish();
    expect(verdict).toMatchObject({ kind: 'cancel', by: 'spot-stop', survivors: [] });
  });

  test('hears the same signals as without sudo', async () => {
    users.allow(NO_PASSWORD);
    const script = 'grep ^Sig[BI] /proc/self/status\n';
    const said = await Promise.all(
      [{}, { sudo: AS_ROOT }, { sudo: AS_OTHER }].map(async (job) => {
        const { stdout } = await runToEnd({ script, job }, surroundings());
        return stdout.toString();
      }),
    );
    expect(said[0]).toMatch(/^SigBlk:\t0+\nSigIgn:\t/);
    expect(said).toEqual([said[0], said[0], said[0]]);
  });

  test.each([
    ['before the archive', (run: LocalRun) => run.hangUp()],
    ['in the middle of it', (run: LocalRun) => (run.sendArchive(run.prepared.archive.subarray(0, 99)), run.hangUp())],
  ])('is not started where its client goes %s, and nothing stays', async (_, leave) => {
    users.allow(NO_PASSWORD);
    const run = start(await prepare({ script: 'echo never\n', job: { sudo: AS_OTHER } }, surroundings()));
    leave(run);
    await run.exit;
    await waitFor('the folders to go', () =>
      [run.control, run.deploy, `${run.control}.as`].every((path) => !existsSync(path)),
    );
  });

  test('is not started once a second client has taken the receipt, and nothing stays', async () => {
    users.allow(NO_PASSWORD);
    const run = start(await prepare({ script: 'echo never\n', job: { sudo: AS_OTHER } }, surroundings()));
    await run.session.until('ready');
    const second = attach(run.prepared);
    await expect(second.session.until('started')).rejects.toMatchObject({ code: 'void' });
    run.sendArchive();
    await expect(run.session.until('started')).rejects.toMatchObject({ code: 'taken' });
    await Promise.all([run.exit, second.exit]);
    expect([run.control, run.deploy, `${run.control}.as`].map((path) => existsSync(path))).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('outlives its client, which finds the outputs when it comes back', async () => {
    users.allow(NO_PASSWORD);
    const first = await begin(
      'echo one\nuntil [ -e /tmp/spot-test-go ]; do sleep 0.05; done; echo two; exit 4\n',
      AS_OTHER,
    );
    first.hangUp();
    const second = attach(first.prepared, 4);
    await second.session.until('started');
    writeFileSync('/tmp/spot-test-go', '');
    const { verdict, stdout } = await second.finish();
    rmSync('/tmp/spot-test-go');
    expect({ verdict, stdout: stdout.toString() }).toEqual({ verdict: { kind: 'exit', code: 4 }, stdout: 'two\n' });
  });

  test.skipIf(pathInSearchPath('curl') === null)(
    'is told that its instance is taken back',
    { timeout: 30_000 },
    async () => {
      users.allow(NO_PASSWORD);
      const imds = await imdsServer();
      const script = `trap 'echo told; cat "$SPOT_INTERRUPTION_FILE"; exit 5' USR1\nwhile :; do sleep 0.05; done\n`;
      const job = { metadataEndpoint: imds.url, interruptionSignal: 'usr1' as const };
      const runs = await Promise.all([AS_ROOT, AS_OTHER].map((sudo) => begin(script, sudo, { job })));
      const text = imds.notice('stop', new Date('2026-11-21T12:03:04Z'));
      const ended = await Promise.all(runs.map((run) => run.finish()));
      for (const [index, { verdict, stdout }] of ended.entries()) {
        expect(verdict).toEqual({ kind: 'exit', code: 5 });
        expect(stdout.toString().trim()).toBe(`told\n{"action":"stop","time":"${text}"}`);
        expect(runs[index]?.notices).toHaveLength(1);
      }
    },
  );

  test('a supervisor that is killed leaves it running, as without sudo', async () => {
    users.allow(NO_PASSWORD);
    const run = await begin('echo $$; exec sleep 65\n', AS_OTHER);
    const session = await run.pidIn('session');
    process.kill(await run.pidIn('supervisor'), 'SIGKILL');
    run.session.follow();
    await run.session.until('end');
    expect(run.session.verdict).toEqual({ kind: 'unsupervised' });
    expect(isAlive(session)).toBe(true);
    sendSignal(session, 'SIGKILL');
    run.session.bye();
    await run.session.until('cleaned');
    // its alarm, as without sudo
    await killAll(() => users.processes(users.login));
  });
});
