import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ReportOptions } from '../../../src/report/choose.ts';
import { createReports } from '../../../src/report/choose.ts';
import { anAttempt, anInstance, aPlan, aResult, at, aWriter, START, SUCCEEDED } from './events.ts';
import { FakeTerminal } from './fake-terminal.ts';

const loaded = vi.hoisted(() => new Set<string>());
vi.mock('listr2', async (importOriginal) => {
  loaded.add('listr2');
  return importOriginal();
});
vi.mock('chalk', async (importOriginal) => {
  loaded.add('chalk');
  return importOriginal();
});

const WEB_1 = anInstance('i-1', 'web-1');
const FAILED = anAttempt(WEB_1, { kind: 'failed', exitCode: 3 });
const HIDE_CURSOR = '\u001B[?25l';

type Options = Partial<Omit<ReportOptions, 'stdout' | 'stderr'>> & { readonly isTTY?: boolean };

/** Runs one instance through all its events and gives back what was printed. */
async function report({ isTTY = false, ...options }: Options, attempt = FAILED) {
  const size = isTTY ? { isTTY, columns: 80, rows: 24 } : {};
  const [stdout, stderr] = [aWriter(size), aWriter(size)];
  const reports = await createReports({
    format: 'auto',
    env: {},
    quiet: false,
    verbose: false,
    color: 'auto',
    clock: { now: () => START },
    cwd: '/work',
    ...options,
    stdout,
    stderr,
  });
  const result = aResult([attempt]);
  const events = [at.runStarted(aPlan([WEB_1])), at.step(0, 'i-1', 'connect'), at.finished(9, attempt)];
  for (const event of [...events, at.runFinished(result)]) reports.emit(event);
  await reports.close();
  await reports.close();
  reports.emit(at.notice(10, null, 'too late'));
  return { stdout: stdout.text(), stderr: stderr.text() };
}

const SENTENCE = '0 of 1 instance succeeded in 14 s; 1 failed.\n';

afterEach(() => {
  loaded.clear();
  vi.resetModules();
});

describe('the choice of reports', () => {
  it('without a terminal is lines and a summary on stderr, and loads neither listr2 nor chalk', async () => {
    const { stdout, stderr } = await report({});
    expect(stdout).toBe('');
    expect(stderr.startsWith('run r-1: 1 instance, 110 KB to each\nweb-1  failed: exit 3 (4.2 s)\n\n  INSTANCE')).toBe(
      true,
    );
    expect(stderr).toContain(SENTENCE);
    expect(stderr).not.toContain('too late');
    expect([...loaded]).toEqual([]);
  });

  it('on a terminal is the live view in colour, gone before the summary', async () => {
    const { stdout, stderr } = await report({ isTTY: true });
    expect(stdout).toBe('');
    expect(stderr.startsWith(HIDE_CURSOR)).toBe(true);
    expect(stderr.indexOf('\u001B[?25h')).toBeLessThan(stderr.indexOf('INSTANCE'));
    expect(stderr).toContain('\u001B[31mfailed\u001B[39m');
    expect([...loaded].sort()).toEqual(['chalk', 'listr2']);
  });

  it.each<[string, Options, boolean]>([
    ['CI', { isTTY: true, env: { CI: 'true' } }, false],
    ['CI=false', { isTTY: true, env: { CI: 'false' } }, true],
    ['a dumb terminal', { isTTY: true, env: { TERM: 'dumb' } }, false],
    ['--quiet', { isTTY: true, quiet: true }, false],
    ['--verbose', { isTTY: true, verbose: true }, true],
    ['--json', { isTTY: true, format: 'json' }, true],
    ['--json-lines on the same terminal', { isTTY: true, format: 'json-lines' }, false],
  ])('for %s: %o is live: %s', async (_name, options, isLive) => {
    expect((await report(options)).stderr.includes(HIDE_CURSOR)).toBe(isLive);
  });

  it('with --json puts the document on stdout and the progress on stderr', async () => {
    const { stdout, stderr } = await report({ format: 'json' });
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, run: { id: 'r-1', exit_code: 2 } });
    expect(stderr).toContain(SENTENCE);
  });

  it('with --json-lines puts one object an event on stdout', async () => {
    const { stdout } = await report({ format: 'json-lines' });
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['run-started', 'step-started', 'attempt-finished', 'run-finished']);
  });

  it('with --quiet says what failed and nothing else', async () => {
    expect((await report({ quiet: true })).stderr).toBe('web-1  failed: exit 3 (4.2 s)\n');
    expect(await report({ quiet: true }, anAttempt(WEB_1, SUCCEEDED))).toEqual({ stdout: '', stderr: '' });
  });

  describe('when stdout is broken', () => {
    const broken = {
      write: () => {
        throw new Error('disk full');
      },
    };

    async function open(format: 'json' | 'json-lines') {
      const stderr = aWriter();
      const common = { env: {}, quiet: true, verbose: false, color: 'never', cwd: '/' } as const;
      const clock = { now: () => START };
      return { stderr, reports: await createReports({ ...common, clock, format, stdout: broken, stderr }) };
    }

    const EXPECTED =
      'spot: a report stopped working (disk full); the run is not affected.\nweb-1  failed: exit 3 (4.2 s)\n';

    it('goes on with the other reports in the middle of a run', async () => {
      const { stderr, reports } = await open('json-lines');
      reports.emit(at.runStarted(aPlan([WEB_1])));
      reports.emit(at.output(1, 'i-1', 'x'.repeat(64 * 1024)));
      reports.emit(at.finished(1, FAILED));
      await reports.close();
      expect(stderr.text()).toBe(EXPECTED);
    });

    it('closes the other reports at its end', async () => {
      const { stderr, reports } = await open('json');
      reports.emit(at.runStarted(aPlan([WEB_1])));
      reports.emit(at.finished(1, FAILED));
      reports.emit(at.runFinished(aResult([FAILED])));
      await reports.close();
      expect(stderr.text().split('\n').sort()).toEqual(EXPECTED.split('\n').sort());
    });
  });

  it('makes room on the screen for a question', async () => {
    const terminal = new FakeTerminal(80, 24);
    const common = { format: 'auto', env: {}, quiet: false, verbose: false, color: 'never', cwd: '/' } as const;
    const options = { ...common, clock: { now: () => START }, stdout: terminal, stderr: terminal };
    const reports = await createReports(options);
    reports.emit(at.runStarted(aPlan([WEB_1])));
    reports.screen?.suspend();
    expect(terminal.screen).toEqual([]);
    reports.screen?.resume();
    expect(terminal.screen).toEqual([
      expect.stringMatching(/^deploy · 110 KB · d1ge57 +0:00$/),
      'web-1  waits for its turn',
    ]);
    await reports.close();
  });
});
