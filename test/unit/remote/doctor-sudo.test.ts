import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { examineProgram, fixProgram, readFindings, readRemovals } from '../../../src/remote/doctor.ts';
import { programOnStdin } from '../../../src/remote/program-on-stdin.ts';
import { LEAK_MARK, leakMark } from '../../helpers/leak-mark.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { killAll } from '../../helpers/processes.ts';
import { NO_PASSWORD, useSudoUsers, WITH_PASSWORD } from '../../helpers/sudo-users.ts';
import { isAlive, prepare, start } from './local-run.ts';

leakCheck();
const users = useSudoUsers();
const NONCE = 'nonce';

describe.skipIf(users.areMissing)('what a dead run of another user has left', () => {
  function asLogin(): string[] {
    const uid = users.uid(users.login);
    return ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  }

  function ask(program: string): string {
    const env = { PATH: process.env['PATH'], HOME: users.home, [LEAK_MARK]: leakMark() };
    const [command, ...words] = [...asLogin(), 'sh', '-c', programOnStdin(NONCE)];
    return spawnSync(command, words, { env, input: program, encoding: 'utf8' }).stdout;
  }

  test('is removed where sudo asks for no password, and else named and left', { timeout: 30_000 }, async () => {
    users.allow(NO_PASSWORD);
    const sudo = { user: users.target, password: null };
    const run = start(
      await prepare({ script: 'echo $$\nexec sleep 321\n', job: { sudo } }, { home: users.home, wrapper: asLogin() }),
    );
    run.sendArchive();
    await run.session.until('started');
    const script = await run.pidIn('session');
    await killAll(() => users.processes(users.login));
    const folders = [run.control, run.deploy, `${run.control}.as`];
    onTestFinished(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
    const name = run.control.replace('/tmp/', '');

    const found = readFindings(ask(examineProgram()), NONCE).filter(({ stamp }) => stamp === run.prepared.job.stamp);
    expect(found).toMatchObject([{ name, state: 'dead', orphans: [{ pid: script }] }]);

    users.allow(WITH_PASSWORD);
    expect(readRemovals(ask(fixProgram([name])), NONCE)).toEqual([
      { name, removed: false, killed: 0, why: 'unconfirmed' },
    ]);
    expect([isAlive(script), ...folders.map(existsSync)]).toEqual([true, true, true, true]);
    process.kill(script, 'SIGKILL');
    await killAll(() => users.processes(users.target));
    expect(readRemovals(ask(fixProgram([name])), NONCE)).toEqual([
      { name, removed: false, killed: 0, why: 'of-another-user' },
    ]);
    expect(existsSync(run.control)).toBe(true);

    users.allow(NO_PASSWORD);
    expect(readRemovals(ask(fixProgram([name])), NONCE)).toMatchObject([{ name, removed: true }]);
    expect(folders.map(existsSync)).toEqual([false, false, false]);
  });

  test('its script is ended first', { timeout: 30_000 }, async () => {
    users.allow(NO_PASSWORD);
    const sudo = { user: 'root', password: null };
    const script = 'mkdir "$DEPLOY_FILES_DIR/of-root"\ntouch "$DEPLOY_FILES_DIR/of-root/file"\nexec sleep 322\n';
    const run = start(await prepare({ script, job: { sudo } }, { home: users.home, wrapper: asLogin() }));
    run.sendArchive();
    await run.session.until('started');
    const pid = await run.pidIn('session');
    await killAll(() => users.processes(users.login));
    const name = run.control.replace('/tmp/', '');
    expect(readRemovals(ask(fixProgram([name])), NONCE)).toMatchObject([{ name, removed: true, killed: 1 }]);
    expect([isAlive(pid), existsSync(run.control), existsSync(run.deploy)]).toEqual([false, false, false]);
  });
});
