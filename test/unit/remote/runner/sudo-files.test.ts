import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Job, SudoJob } from '../../../../src/remote/job.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { NO_PASSWORD, useSudoUsers } from '../../../helpers/sudo-users.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { type Ended, type LocalRun, prepare, start } from '../local-run.ts';

leakCheck();
const users = useSudoUsers();

const AS_ROOT: SudoJob = { user: 'root', password: null };
const AS_OTHER: SudoJob = { user: users.target, password: null };

describe.skipIf(users.areMissing)('the files of a script that runs as another user', () => {
  async function begin(script: string, sudo: SudoJob | undefined, job: Partial<Job> = {}): Promise<LocalRun> {
    users.allow(NO_PASSWORD);
    const uid = users.uid(users.login);
    const wrapper = ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    const given = sudo === undefined ? job : { ...job, sudo };
    const run = start(await prepare({ script, files: filesFolder(), job: given }, { home: users.home, wrapper }));
    run.sendArchive();
    await run.session.until('started');
    return run;
  }

  async function runAs(
    script: string,
    sudo: SudoJob | undefined,
    job: Partial<Job> = {},
  ): Promise<Ended & { left: readonly string[] }> {
    const run = await begin(script, sudo, job);
    run.session.follow();
    await run.session.until('end');
    const { left } = run.session;
    return { ...(await run.finish()), left };
  }

  function filesFolder(): string {
    const folder = join(tempDir(), 'files');
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'bin/tool'), '#!/bin/sh\necho "tool of $(id -un)"\n');
    chmodSync(join(folder, 'bin/tool'), 0o751);
    writeFileSync(join(folder, 'secret'), 'x');
    chmodSync(join(folder, 'secret'), 0o600);
    return folder;
  }

  test.each([
    ['root', AS_ROOT, users.login],
    ['another one', AS_OTHER, users.target],
  ])('are there with their modes for %s, and for nobody else', async (_, sudo, owner) => {
    const script =
      'cd "$DEPLOY_FILES_DIR"\nbin/tool\ncat secret\nstat -c "%n %a %U" . bin/tool secret\nls -d "$SPOT_RESCUE_DIR"\n';
    const { verdict, stdout, stderr, deploy } = await runAs(script, sudo);
    expect({ verdict, stderr: stderr.toString() }).toEqual({ verdict: { kind: 'exit', code: 0 }, stderr: '' });
    const lines = stdout.toString().split('\n');
    expect(lines[0]).toBe(`tool of ${sudo.user}`);
    expect(lines[1]).toBe(`x. 700 ${owner}`);
    expect(lines.slice(2, 4)).toEqual([`bin/tool 751 ${owner}`, `secret 600 ${owner}`]);
    expect(statSync(deploy).uid).toBe(users.uid(owner));
  });

  test.each([
    ['root', AS_ROOT],
    ['another one', AS_OTHER],
  ])('are removed with what %s has added, where that is asked for', async (_, sudo) => {
    const script = 'cd "$DEPLOY_FILES_DIR" && mkdir -p deep/er && echo y >deep/er/file && chmod 500 deep\n';
    const { verdict, deploy, left } = await runAs(script, sudo, { cleanup: true });
    expect({ verdict, left }).toEqual({ verdict: { kind: 'exit', code: 0 }, left: [] });
    expect(existsSync(deploy)).toBe(false);
  });

  test('what cannot be removed is named, and never claimed to be gone', async () => {
    const script = 'mkdir "$DEPLOY_FILES_DIR/held" && mount -t tmpfs none "$DEPLOY_FILES_DIR/held"\n';
    const { verdict, deploy, left } = await runAs(script, AS_ROOT, { cleanup: true });
    onTestFinished(() => rmSync(deploy, { recursive: true, force: true }));
    execFileSync('umount', [`${deploy}/held`]);
    expect({ verdict, left }).toEqual({ verdict: { kind: 'exit', code: 0 }, left: [deploy] });
  });

  test.each([
    ['root', AS_ROOT],
    ['another one', AS_OTHER],
  ])(
    'go at the next success as %s, and a login user does not forget those that it cannot remove',
    { timeout: 20_000 },
    async (_, sudo) => {
      const job = { payloadName: `named-${sudo.user}` };
      const add = 'mkdir -p "$DEPLOY_FILES_DIR/mine/x"\n';
      const first = await runAs(add, sudo, job);
      const asLogin = await runAs('true\n', undefined, job);
      expect(existsSync(first.deploy)).toBe(true);
      const records = (): string[] =>
        readdirSync(`${users.home}/.cache/spot/kept`).filter(
          (name) => readFileSync(`${users.home}/.cache/spot/kept/${name}`, 'utf8') === `${job.payloadName}\n`,
        );
      expect(records()).toHaveLength(2);
      const last = await runAs('true\n', sudo, job);
      expect([first, asLogin, last].map(({ deploy }) => existsSync(deploy))).toEqual([false, sudo !== AS_ROOT, true]);
      expect(records()).toHaveLength(sudo === AS_ROOT ? 1 : 2);
    },
  );

  test.each([
    ['root', AS_ROOT],
    ['another one', AS_OTHER],
  ])('what %s has rescued is the login user’s in the end', async (_, sudo) => {
    const run = await begin('umask 077\nmkdir "$SPOT_RESCUE_DIR/d"\necho state >"$SPOT_RESCUE_DIR/d/state"\n', sudo);
    run.session.follow();
    await run.session.until('end');
    expect(run.session.hasRescue).toBe(true);
    const file = join(run.control, 'rescue/d/state');
    expect({ text: readFileSync(file, 'utf8'), uid: statSync(file).uid }).toEqual({
      text: 'state\n',
      uid: users.uid(users.login),
    });
    await run.finish();
    expect(existsSync(`${run.control}.as`)).toBe(false);
  });

  test('a folder in the way of the other user’s is refused', async () => {
    users.allow(NO_PASSWORD);
    const uid = users.uid(users.login);
    const wrapper = ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    const run = start(await prepare({ job: { sudo: AS_OTHER } }, { home: users.home, wrapper }));
    mkdirSync(`${run.control}.as`);
    onTestFinished(() => rmSync(`${run.control}.as`, { recursive: true }));
    run.sendArchive();
    await expect(run.session.until('started')).rejects.toMatchObject({ code: 'sudo-files' });
    await run.exit;
    expect(existsSync(run.deploy)).toBe(false);
  });
});
