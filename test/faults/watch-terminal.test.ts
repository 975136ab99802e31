import { describe, expect, test } from 'vitest';
import { CTRL_C, openTerminal } from '../e2e/terminal.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { fleetOf } from './fleet.ts';

leakCheck();

describe.skipIf(requireProgram('script') === null)('a watcher in a terminal', () => {
  test('ends with Ctrl-C without a question while there is nothing to do, and draws nothing', async () => {
    const { project } = await fleetOf(1);
    project.write('script.sh', 'echo done\n');
    const terminal = openTerminal(project, [
      'watch',
      'script.sh',
      '--cleanup',
      '--interval',
      '200ms',
      '--color',
      'never',
    ]);
    await terminal.saw('1 of 1 instance succeeded');
    await terminal.saw('Output: ');
    terminal.type(CTRL_C);
    expect(await terminal.exitCode).toBe(130);
    expect(terminal.shown()).toContain('web-1 | done\r\n');
    expect(terminal.shown()).not.toContain('[s]top');
  });

  test('asks with Ctrl-C what is to become of the scripts that run; those that are left are taken up by the next one', async () => {
    const { project } = await fleetOf(1);
    project.write('script.sh', 'echo begun\nuntil [ -e go ]; do sleep 0.05; done\n');
    const args = ['watch', 'script.sh', '--cleanup', '--interval', '200ms'];
    const terminal = openTerminal(project, args);
    await terminal.saw('begun');
    terminal.type(CTRL_C);
    await terminal.saw('[s]top the scripts everywhere, [d]etach and leave them running, or [g]o on?');
    terminal.type('d\r');
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown()).toMatch(/take it up with: spot attach [-0-9a-f]+\r\n/);
    const next = project.start(args);
    await next.saw('web-1  connected', 20_000);
    next.kill('SIGTERM');
    expect((await next.result).exitCode).toBe(143);
    expect(project.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: 'cancelled' }]);
  });
});
