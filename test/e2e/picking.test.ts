import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { newManualInstances } from '../../src/inventory/manual.ts';
import { withoutEscapes } from '../../src/report/text.ts';
import { openState } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { Project } from './project.ts';
import { CTRL_C, DOWN, ENTER, openTerminal, SHOW_CURSOR, HIDE_CURSOR, type Terminal } from './terminal.ts';

leakCheck();

const CTRL_A = '\u0001';
const CTRL_D = '\u0004';

/** A project with so many instances, `web-1` …, of which nobody reaches any. */
function projectWith(count: number): Project {
  const project = new Project();
  project.write('deploy.sh', 'true\n');
  const state = openState(join(project.cwd, '.spot'), { clock: systemClock });
  for (let index = 1; index <= count; index += 1) {
    const options = {
      name: `web-${index}`,
      id: `id-${index}`,
      tags: { n: String(index % 10) },
      existing: [],
      clock: systemClock,
    };
    state.instances.add(newManualInstances([`10.0.${Math.floor(index / 250)}.${index % 250}`], options));
  }
  state.close();
  return project;
}

function shownBy(terminal: Terminal): string {
  return withoutEscapes(terminal.shown()).replaceAll('\r', '');
}

describe.skipIf(requireProgram('script') === null)('in a terminal', () => {
  test('instances are picked from 500 by search, and the others are left out', async () => {
    const terminal = openTerminal(projectWith(500), ['upload-script', 'deploy.sh', '--pick', '--dry-run']);
    await terminal.saw('Which instances? (0 of 500 picked) search:');
    await terminal.saw('NAME     ID      ADDRESS     STATE    TAGS');
    await terminal.saw('❯ ◯ web-1    id-1    10.0.0.1    running  n=1');
    terminal.type(ENTER);
    await terminal.saw('nothing is picked yet');
    terminal.type('web-49');
    await terminal.saw('(0 of 500 picked, 11 shown) search: web-49');
    terminal.type(CTRL_A);
    await terminal.saw('(11 of 500 picked, 11 shown)');
    terminal.type(`${DOWN} `);
    await terminal.saw('(10 of 500 picked, 11 shown)');
    terminal.type(ENTER);
    expect(await terminal.exitCode).toBe(0);
    expect(shownBy(terminal)).toContain('500 instances: 10 selected, 490 not picked\n');
    expect(shownBy(terminal)).toMatch(/\nweb-491 +10\.0\.1\.241\n/);
    expect(shownBy(terminal)).not.toMatch(/\nweb-490 /);
    expect(terminal.shown().lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(terminal.shown().lastIndexOf(HIDE_CURSOR));
  });

  test('what --limit and --exclude leave out cannot be picked', async () => {
    const args = ['upload-script', 'deploy.sh', '--pick', '-n', '--limit', 'web-1,web-2,web-3', '--exclude', 'web-2'];
    const terminal = openTerminal(projectWith(4), args);
    await terminal.saw('(0 of 2 picked)');
    terminal.type(`${DOWN} ${ENTER}`);
    expect(await terminal.exitCode).toBe(0);
    expect(shownBy(terminal)).toContain(
      '4 instances: 1 selected, 1 not selected by --limit, 1 excluded, 1 not picked\n',
    );
    expect(shownBy(terminal)).toContain('✔ Which instances? web-3\n');
  });

  test.each([
    ['Ctrl-C', CTRL_C],
    ['the end of input', CTRL_D],
  ])('%s picks nothing, and that is no success', async (_, key) => {
    const terminal = openTerminal(projectWith(3), ['upload-script', 'deploy.sh', '--pick']);
    await terminal.saw('(0 of 3 picked)');
    terminal.type(key);
    expect(await terminal.exitCode).toBe(130);
    expect(shownBy(terminal)).toMatch(/\nspot: nothing was done\n$/);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 143],
    ['SIGINT', 130],
  ] as const)('%s at a question gives the terminal back, and nothing is done', async (signal, exitCode) => {
    const terminal = openTerminal(projectWith(3), ['upload-script', 'deploy.sh', '--pick']);
    await terminal.saw('(0 of 3 picked)');
    process.kill(Number(/pid (\d+) begins/.exec(terminal.shown())?.[1]), signal);
    expect(await terminal.exitCode).toBe(exitCode);
    expect(shownBy(terminal)).toMatch(/\nspot: nothing was done\n$/);
  });

  test('a script is chosen from those that are here and from the payloads', async () => {
    const project = projectWith(1);
    project.write('scripts/report.py', '#!/usr/bin/env python3\n');
    await project.run(['payload', 'add', 'tool', 'deploy.sh']);
    const terminal = openTerminal(project, ['upload-script', '-n']);
    await terminal.saw('Which script?');
    await terminal.saw('tool@1');
    await terminal.saw('./scripts/report.py  23 B, ');
    terminal.type('report');
    await terminal.saw('❯ ./scripts/report.py');
    terminal.type(ENTER);
    expect(await terminal.exitCode).toBe(0);
    expect(shownBy(terminal)).toContain('payload  report.py with 0 files');
  });

  test('where there is no script, that is said', async () => {
    const terminal = openTerminal(new Project(), ['upload-script']);
    expect(await terminal.exitCode).toBe(66);
    expect(shownBy(terminal)).toContain('spot: there is no script here or in ./scripts, and no payload; name one:');
  });

  test('--yes does not choose a script', async () => {
    const terminal = openTerminal(projectWith(1), ['upload-script', '--yes']);
    expect(await terminal.exitCode).toBe(64);
    expect(shownBy(terminal)).toContain('spot: no script is given; name one, e.g. ');
  });

  test('more than confirm_above instances are asked about once, with all that matters', async () => {
    const project = projectWith(11);
    const terminal = openTerminal(project, ['upload-script', 'deploy.sh', '--serial', '1,10']);
    await terminal.saw('[Y/n]');
    expect(shownBy(terminal).replaceAll('\n', ' ')).toMatch(
      /Run deploy\.sh on 11 instances \(11 added by hand; \d+ B × 11 = [\d.]+ KB; in waves of 1, 10 +instances\)\?/,
    );
    terminal.type(`n${ENTER}`);
    expect(await terminal.exitCode).toBe(130);
    expect(project.rows('SELECT id FROM runs')).toEqual([]);
  });
});
