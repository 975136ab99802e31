import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { displayWidth, withoutEscapes } from '../../src/report/text.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { type Project, projectOf } from './project.ts';
import { openShell, type Shell } from './shell.ts';
import { CTRL_C, ENTER } from './terminal.ts';

leakCheck();

const ESCAPE = '\u001B';
const CTRL_Z = '\u001A';
const QUESTION = '[s]top the scripts everywhere, [d]etach and leave them running, or [g]o on?';
const WRAP_OFF = '\u001B[?7l';
const WRAP_ON = '\u001B[?7h';
const SCRIPT = `echo "is begun"
if [ "$SPOT_INSTANCE_ID" = web-2 ]; then echo "E: no lock" >&2; exit 3; fi
until [ -e ~/tick ]; do sleep 0.05; done; echo "a tick"
until [ -e ~/go ]; do sleep 0.05; done
`;
const ARGS = ['upload-script', 'talk.sh', '-y', '--color', 'never'];
const isMissing = requireProgram('sshd') === null || requireProgram('script') === null;

/** The end of a run and the prompt behind it may come at once. */
async function promptAfterRun(shell: Shell): Promise<void> {
  const isThere = (): boolean => /1 of 2 instances succeeded[^]*\n\$ $/.test(withoutEscapes(shell.shown()));
  await waitFor('the prompt after the run', isThere, 20_000);
}

describe.skipIf(isMissing)('in a terminal, while a run goes on', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  /** Shell and run, which is waited for until one instance has failed and the other one runs. */
  async function begin(env: Readonly<Record<string, string>> = {}): Promise<{ project: Project; shell: Shell }> {
    for (const host of hosts) execFileSync('rm', ['-f', join(host.home, 'tick'), join(host.home, 'go')]);
    const project = projectOf(hosts);
    project.write('talk.sh', SCRIPT);
    const shell = openShell(project, env);
    await shell.saw('$ ');
    shell.spot(ARGS);
    await shell.saw('✗ web-2  failed: exit 3  E: no lock');
    return { project, shell };
  }

  function letGo(name: 'tick' | 'go'): void {
    for (const host of hosts) writeFileSync(join(host.home, name), '');
  }

  async function endWell(shell: Shell, code = 2): Promise<void> {
    letGo('tick');
    letGo('go');
    await shell.saw(`ended: ${code}`);
    await leave(shell);
  }

  /** Takes the run to the front again, where it still draws and reads, and goes on to its end. */
  async function comeBackAndEnd(shell: Shell): Promise<void> {
    shell.type(`fg${ENTER}`);
    await shell.saw('✗ web-2  failed: exit 3  E: no lock');
    shell.type('s');
    await shell.saw('1 of 2 still running');
    letGo('tick');
    letGo('go');
    // the shell has lost the rest of its line when the job was stopped
    await promptAfterRun(shell);
    await leave(shell);
  }

  async function leave(shell: Shell): Promise<void> {
    expect(await shell.isAsBefore()).toBe(true);
    shell.type(`exit${ENTER}`);
    await shell.exitCode;
  }

  test('keys show who still runs, what failed, and the output of one instance; q asks what Ctrl-C asks', async () => {
    const { shell } = await begin();
    shell.type('s');
    await shell.saw('1 of 2 still running, the slowest first');
    shell.type('f');
    await shell.saw('1 did not succeed');
    shell.type(ESCAPE);
    await shell.saw('s running · f failures · l follow one · q leave · ? help');
    shell.type('l');
    await shell.saw('follow (number or name): _');
    shell.type(`web-1${ENTER}`);
    await shell.saw('l or Esc back');
    letGo('tick');
    await shell.saw('  | a tick');
    shell.type('?');
    await shell.saw('put spot aside; fg takes it up again');
    shell.type('q');
    await shell.saw(QUESTION);
    shell.type(`g${ENTER}`);
    await shell.saw('put spot aside; fg takes it up again');
    shell.type(CTRL_C);
    await shell.saw(QUESTION);
    shell.type(`g${ENTER}`);
    await shell.saw('put spot aside; fg takes it up again');
    await endWell(shell);
  });

  test('what is typed for the view is not left to the shell', async () => {
    const { shell, project } = await begin();
    shell.type(`ltouch surprise${ENTER}`);
    await shell.saw('no instance is called that');
    await endWell(shell);
    expect(() => project.read('surprise')).toThrow('ENOENT');
  });

  test('Ctrl-Z gives the terminal to the shell, and fg takes it up again', async () => {
    const { project, shell } = await begin();
    shell.type(CTRL_Z);
    await shell.saw('Stopped');
    expect(await shell.isAsBefore()).toBe(true);
    await comeBackAndEnd(shell);
    expect(project.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: 'succeeded' }, { outcome: 'failed' }]);
  });

  test('after kill -STOP it draws anew; in the background it neither draws nor reads, and comes back to the front', async () => {
    const { shell } = await begin();
    process.kill(shell.pid(), 'SIGSTOP');
    await shell.saw('Stopped');
    shell.type(`bg${ENTER}`);
    await shell.saw('$ ');
    shell.type(`echo typed by"-"hand${ENTER}`);
    await shell.saw('typed by-hand');
    expect(execFileSync('ps', ['-o', 'stat=', '-p', String(shell.pid())], { encoding: 'utf8' })).not.toContain('T');
    await comeBackAndEnd(shell);
  });

  test.each([
    ['an error that nobody caught', 'SIGUSR2', 'Error: a crash'],
    ['SIGQUIT', 'SIGQUIT', 'Quit'],
    ['SIGTERM', 'SIGTERM', 'spot: SIGTERM: stopping the scripts on the instances'],
    ['SIGHUP', 'SIGHUP', 'take it up with: spot attach'],
  ] as const)('%s leaves the terminal as it was', async (_, signal, word) => {
    const crash = encodeURIComponent("process.once('SIGUSR2', () => { throw new Error('a crash'); })");
    const { project, shell } = await begin({ NODE_OPTIONS: `--import "data:text/javascript,${crash}"` });
    process.kill(shell.pid(), signal);
    await shell.saw('ended: ');
    expect(shell.shown()).toContain(word);
    letGo('tick');
    letGo('go');
    await leave(shell);
    const [run] = project.rows('SELECT id FROM runs');
    await project.run(['attach', String(run?.['id'])]);
  });

  test('a smaller terminal gets a smaller view', async () => {
    const { shell } = await begin();
    const before = shell.shown().length;
    execFileSync('stty', ['-F', shell.device(), 'cols', '60', 'rows', '9']);
    const frame = await waitFor('a frame that was drawn since', () => {
      // the time may have been drawn once more before
      const drawn = shell.shown().slice(before).split(WRAP_OFF).slice(1);
      return drawn.find((text) => text.includes('web-2') && text.includes(WRAP_ON));
    });
    const lines = withoutEscapes(frame).split('\r\n').slice(0, -1);
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(60);
    expect(lines.length).toBeLessThanOrEqual(8);
    await endWell(shell);
  });
});
