import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withoutEscapes } from '../../src/report/text.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { type Project, projectOf } from './project.ts';
import { CTRL_C, ENTER, HIDE_CURSOR, openTerminal, SHOW_CURSOR, type Terminal } from './terminal.ts';

leakCheck();

const QUESTION = 'Run talk.sh on 2 instances? [Y/n] ';
const CTRL_C_QUESTION = 'Ctrl-C: [s]top the scripts everywhere, [d]etach and leave them running, or [g]o on? ';
const WAIT_FOR_FILE = 'echo "is begun"; until [ -e ~/go ]; do sleep 0.1; done; echo "is over"\n';
const isMissing = requireProgram('sshd') === null || requireProgram('script') === null;

describe.skipIf(isMissing)('in a terminal', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  function aProject(script = 'echo "on the screen"\n'): Project {
    const project = projectOf(hosts);
    project.write('talk.sh', script);
    return project;
  }

  function expectCursor(terminal: Terminal): void {
    const shown = terminal.shown();
    expect(shown.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(shown.lastIndexOf(HIDE_CURSOR));
  }

  test('several instances are asked for, and Enter means yes', async () => {
    const project = aProject();
    const terminal = openTerminal(project, ['upload-script', 'talk.sh']);
    await terminal.saw(QUESTION);
    terminal.type(ENTER);
    expect(await terminal.exitCode).toBe(0);
    expect(project.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: 'succeeded' }, { outcome: 'succeeded' }]);
  });

  test.each([
    ['n', `n${ENTER}`],
    ['Ctrl-C', CTRL_C],
  ])('with %s nothing is done, and that is no success', async (_, keys) => {
    const project = aProject();
    const before = hosts.map((host) => host.log());
    const terminal = openTerminal(project, ['upload-script', 'talk.sh']);
    await terminal.saw(QUESTION);
    terminal.type(keys);
    expect(await terminal.exitCode).toBe(130);
    expect(terminal.shown()).toMatch(/\r\nspot: nothing was done\r\n$/);
    expect(project.rows('SELECT * FROM runs')).toEqual([]);
    expect(hosts.map((host) => host.log())).toEqual(before);
  });

  test.each([[['--yes']], [['--limit', 'web-1']]])('nobody is asked with %o', async (args) => {
    const terminal = openTerminal(aProject(), ['upload-script', 'talk.sh', ...args]);
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('[Y/n]');
  });

  test.each([{ CI: 'true' }, { TERM: 'dumb' }])('with %o there are plain lines and no live view', async (env) => {
    const terminal = openTerminal(aProject(), ['upload-script', 'talk.sh', '--yes'], env);
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown()).not.toContain(HIDE_CURSOR);
    expect(withoutEscapes(terminal.shown())).toMatch(/^web-1 \| on the screen\r$/m);
  });

  test('in CI nobody is asked', async () => {
    const terminal = openTerminal(aProject(), ['upload-script', 'talk.sh'], { CI: 'true' });
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('[Y/n]');
  });

  test('the live view shows what goes on, then makes room for the table and gives the cursor back', async () => {
    const project = aProject(WAIT_FOR_FILE);
    const terminal = openTerminal(project, ['upload-script', 'talk.sh', '-y']);
    await terminal.saw('  web-2  executing');
    await terminal.saw('is begun');
    await terminal.saw('0 of 2 · execute 2');
    for (const host of hosts) writeFileSync(join(host.home, 'go'), '');
    expect(await terminal.exitCode).toBe(0);
    expectCursor(terminal);
    const table = withoutEscapes(terminal.shown().split(SHOW_CURSOR).at(-1) as string);
    expect(table).toContain('INSTANCE  ADDRESS    OUTCOME    TIME\r\n✓ web-1');
    expect(table).toMatch(/web-1, web-2, stdout:\r\n {2}\| is begun\r\n {2}\| is over\r\n/);
    expect(table).toMatch(/2 of 2 instances succeeded in .+\./);
  });

  test('Ctrl-C asks first: s stops the scripts on the instances', async () => {
    const project = aProject('echo "is begun"; sleep 301\n');
    const terminal = openTerminal(project, ['upload-script', 'talk.sh', '-y']);
    await terminal.saw('is begun');
    terminal.type(CTRL_C);
    await terminal.saw(CTRL_C_QUESTION);
    terminal.type(`s${ENTER}`);
    expect(await terminal.exitCode).toBe(130);
    expectCursor(terminal);
    const line = 'spot: Ctrl-C: stopping the scripts on the instances; once more to leave at once\r\n';
    const before = terminal.shown().split(line)[0] as string;
    expect(before.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(before.lastIndexOf(HIDE_CURSOR));
    expect(project.rows('SELECT outcome, evidence FROM attempts')).toEqual([
      { outcome: 'cancelled', evidence: '["killed 2 processes"]' },
      { outcome: 'cancelled', evidence: '["killed 2 processes"]' },
    ]);
  });

  test('Ctrl-C asks first: g goes on as if nothing had been', async () => {
    const project = aProject('echo "is begun"; sleep 1; echo "is over"\n');
    const terminal = openTerminal(project, ['upload-script', 'talk.sh', '-y']);
    await terminal.saw('is begun');
    terminal.type(CTRL_C);
    await terminal.saw(CTRL_C_QUESTION);
    terminal.type(`g${ENTER}`);
    expect(await terminal.exitCode).toBe(0);
    expectCursor(terminal);
    expect(terminal.shown()).toMatch(/2 of 2 instances succeeded in .+\./);
  });

  test('Ctrl-C asks first, and a run that ends meanwhile takes the question back', async () => {
    const project = aProject('echo "is begun"; sleep 1\n');
    const terminal = openTerminal(project, ['upload-script', 'talk.sh', '-y']);
    await terminal.saw('is begun');
    terminal.type(CTRL_C);
    await terminal.saw(CTRL_C_QUESTION);
    expect(await terminal.exitCode).toBe(0);
    expectCursor(terminal);
    expect(terminal.shown()).toMatch(/2 of 2 instances succeeded in .+\./);
  });

  test('the passphrase of a key is asked for once, whatever the number of instances, and never shown', async () => {
    const project = aProject();
    const key = join(project.cwd, 'locked');
    copyFileSync((hosts[0] as SshdHost).identityFile, key);
    execFileSync('ssh-keygen', ['-q', '-p', '-N', 'open sesame', '-f', key], { stdio: 'ignore' });
    project.write('config.yaml', 'aws:\n  private_ssh_key_path: locked\n');
    const terminal = openTerminal(project, ['upload-script', 'talk.sh', '-y']);
    await terminal.saw(`Passphrase for ${key}: `);
    terminal.type(`open sesamee${ENTER}`);
    await terminal.saw(`That one does not fit. Passphrase for ${key}: `);
    terminal.type(`open sesame${ENTER}`);
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown().match(/Passphrase/g)).toHaveLength(2);
    expect(terminal.shown()).not.toContain('sesame');
  });

  test('Ctrl-C at the passphrase ends it', async () => {
    const project = aProject();
    makeKeyPair(join(project.cwd, 'locked'), 'secret');
    project.write('config.yaml', 'aws:\n  private_ssh_key_path: locked\n');
    const terminal = openTerminal(project, ['upload-script', 'talk.sh', '-y']);
    await terminal.saw('Passphrase for ');
    terminal.type(CTRL_C);
    expect(await terminal.exitCode).toBe(130);
    expect(terminal.shown()).toMatch(/\r\nspot: nothing was done\r\n$/);
  });
});
