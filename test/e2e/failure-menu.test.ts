import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { withoutEscapes } from '../../src/report/text.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { Checked } from './checked.ts';
import { ENTER, openTerminal, type Terminal } from './terminal.ts';

leakCheck();

const MENU = '[o] show the output, [r] run it again there, [q] quit?';

/** A check on web-1 and web-2, of which web-2 fails; it needs $GREETING. */
function upload(project: Checked, ...flags: string[]): Terminal {
  const script = `[ "$GREETING" = hello ] || exit 9\n${project.read('check.sh')}`;
  project.write('check.sh', script);
  const words = ['--no-files', '--cleanup', '-l', 'web-*', '-e', 'GREETING=hello', ...flags];
  return openTerminal(project, ['upload-script', 'check.sh', ...words, '--', '1.4.2', project.mended]);
}

function shownBy(terminal: Terminal): string {
  return withoutEscapes(terminal.shown()).replaceAll('\r', '');
}

describe.skipIf(requireProgram('script') === null)('behind a run with failures, in a terminal,', () => {
  test('outputs are shown, and it is run again there with the values it was given', async () => {
    const project = await Checked.begin();
    const terminal = upload(project);
    await terminal.saw(`Not on 1 of 2 instances: ${MENU}`);
    terminal.type('o');
    await terminal.saw('web-2: failed');
    await terminal.saw('  | load is high');
    await terminal.saw('  | oops');
    writeFileSync(project.mended, '');
    terminal.type('r');
    // the last run counts
    expect(await terminal.exitCode).toBe(0);
    expect(shownBy(terminal)).toMatch(/1 again/);
    const [again] = project.rows('SELECT id, exit_code FROM runs ORDER BY created_at DESC, rowid DESC LIMIT 1');
    expect(again).toMatchObject({ exit_code: 0 });
    expect(project.rows('SELECT instance_id, outcome FROM attempts WHERE run_id = ?', again?.['id'])).toEqual([
      { instance_id: 'web-2', outcome: 'succeeded' },
    ]);
  });

  test.each([
    ['Enter', ENTER],
    ['q', 'q'],
  ])('%s leaves with the exit code of the run', async (_, key) => {
    const terminal = upload(await Checked.begin());
    await terminal.saw(MENU);
    terminal.type(key);
    expect(await terminal.exitCode).toBe(2);
  });

  test('what fails again has the menu again', async () => {
    const terminal = upload(await Checked.begin());
    await terminal.saw(`Not on 1 of 2 instances: ${MENU}`);
    terminal.type('r');
    await terminal.saw(`Not on 1 instance: ${MENU}`);
    terminal.type('q');
    expect(await terminal.exitCode).toBe(2);
  });

  test.each([['--quiet'], ['--json'], ['--json-lines'], ['--yes']])('with %s nobody is asked', async (flag) => {
    const terminal = upload(await Checked.begin(), flag);
    expect(await terminal.exitCode).toBe(2);
    expect(shownBy(terminal)).not.toContain('[q] quit');
  });
});

test('without a terminal nobody is asked', async () => {
  const project = await Checked.begin();
  const { exitCode, stderr } = await project.run([
    'upload-script',
    'check.sh',
    '--no-files',
    '-l',
    'web-2',
    '--cleanup',
  ]);
  expect(exitCode).toBe(2);
  expect(stderr).not.toContain('[q] quit');
});
