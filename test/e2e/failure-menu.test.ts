import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withoutEscapes } from '../../src/report/text.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { Checked } from './checked.ts';
import { ENTER, openTerminal, type Terminal } from './terminal.ts';

leakCheck();

const MENU = '[o]utput, [r]un it again there, [q]uit?';

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
    await terminal.saw(`1 of 2 instances did not succeed: ${MENU}`);
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
    await terminal.saw(`1 of 2 instances did not succeed: ${MENU}`);
    terminal.type('r');
    await terminal.saw(`1 of 1 instance did not succeed: ${MENU}`);
    terminal.type('q');
    expect(await terminal.exitCode).toBe(2);
  });

  test.each([['--quiet'], ['--json'], ['--json-lines'], ['--yes']])('with %s nobody is asked', async (flag) => {
    const terminal = upload(await Checked.begin(), flag);
    expect(await terminal.exitCode).toBe(2);
    expect(shownBy(terminal)).not.toContain('[q]uit');
  });
});

describe.skipIf(requireProgram('script') === null)('of the instances of a run, in a terminal,', () => {
  test('those to run on again are picked', async () => {
    const project = await Checked.begin();
    await project.checked();
    const terminal = openTerminal(project, ['rerun', 'last', '--pick', '--dry-run']);
    await terminal.saw('(0 of 2 picked)');
    terminal.type(`gone ${ENTER}`);
    expect(await terminal.exitCode).toBe(0);
    expect(shownBy(terminal)).toMatch(/3 instances of run \S+: 1 again, 2 not chosen\n/);
  });

  test('those to fetch from are picked', async () => {
    const project = await Checked.begin();
    await project.upload('-l', 'web-*');
    const terminal = openTerminal(project, ['fetch', 'last', '/etc/hostname', '--pick']);
    await terminal.saw('(0 of 2 picked)');
    terminal.type(`web-1 ${ENTER}`);
    expect(await terminal.exitCode).toBe(0);
    expect(readdirSync(join(project.cwd, 'fetched', project.runIds()[0] as string))).toEqual(['web-1']);
  });

  test('those to stop are picked', async () => {
    const project = await Checked.begin();
    project.write('long.sh', 'sleep 301\n');
    await project.run(['upload-script', 'long.sh', '--no-files', '-l', 'web-*', '--detach', '--yes']);
    const terminal = openTerminal(project, ['stop', 'last', '--pick']);
    await terminal.saw('(0 of 2 picked)');
    terminal.type(`web-2 ${ENTER}`);
    expect(await terminal.exitCode).toBe(0);
    expect(project.rows('SELECT instance_id, outcome FROM attempts ORDER BY position')).toEqual([
      { instance_id: 'web-1', outcome: null },
      { instance_id: 'web-2', outcome: 'cancelled' },
    ]);
    expect((await project.run(['stop', 'last'])).exitCode).toBe(0);
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
  expect(stderr).not.toContain('[q]uit');
});
