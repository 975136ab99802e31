import { describe, expect, it } from 'vitest';
import type { AttemptResult } from '../../../../src/model/attempt.ts';
import type { Outcome } from '../../../../src/model/outcome.ts';
import { plainPainter } from '../../../../src/report/painter.ts';
import { createSummary, type SummaryOptions } from '../../../../src/report/summary/summary.ts';
import { anAttempt, anInstance, anOutput, aPlan, aResult, at, aWriter, SUCCEEDED } from '../events.ts';

const FAILED: Outcome = { kind: 'failed', exitCode: 100 };
const LAST = () => ({ run: 'last', flags: [] });

interface Told extends Partial<SummaryOptions> {
  readonly columns?: number;
  readonly environment?: readonly string[];
}

async function summaryOf(attempts: readonly AttemptResult[], { columns, environment = [], ...told }: Told = {}) {
  const writer = aWriter(columns === undefined ? {} : { columns });
  const report = createSummary({
    writer,
    painter: plainPainter,
    showOutput: false,
    verbose: false,
    cwd: '/work',
    next: LAST,
    ...told,
  });
  report.emit(at.runStarted(aPlan([], { environment })));
  report.emit(at.runFinished(aResult(attempts)));
  await report.close();
  return writer.text();
}

/** Of `web-<number>`; all that it has said is in its tail. */
function web(number: number, outcome: Outcome, stdout = '', stderr = '', ms = 3000): AttemptResult {
  const log = (stream: string): string => `/work/.spot/logs/r-1/web-${number}.${stream}`;
  return anAttempt(anInstance(`i-${number}`, `web-${number}`), outcome, {
    address: `10.0.0.${number}`,
    steps: [{ name: 'execute', ms, bytes: 0 }],
    stdout: anOutput(stdout === '' ? null : log('out'), stdout),
    stderr: anOutput(stderr === '' ? null : log('err'), stderr),
  });
}

function many(count: number, one: (number: number) => AttemptResult): AttemptResult[] {
  return Array.from({ length: count }, (_, index) => one(index + 1));
}

const lock = (pid: number): string =>
  `Reading package lists...\nE: Could not get lock /var/lib/dpkg/lock. It is held by process ${pid} (apt-get)\n`;

describe('the summary of many instances', () => {
  const fleet = many(100, (number) => {
    if (number === 40) return web(number, FAILED, '', 'cp: /opt/x: No space left on device\n', 41_000);
    if (number === 12 || number === 13) return web(number, FAILED, '', lock(number * 1000));
    return web(number, SUCCEEDED, 'done\n');
  });

  it('says what ended in the same way once, with a sample, the slowest, and what to type next', async () => {
    expect(await summaryOf(fleet)).toBe(`
✗ 2 failed (exit 100): web-12, web-13
  web-12, stderr:
  | Reading package lists...
  | E: Could not get lock /var/lib/dpkg/lock. It is held by process 12000 (apt-get)

✗ 1 failed (exit 100): web-40
  cp: /opt/x: No space left on device

97 instances: same output

97 ok · 2 E: Could not get lock /var/lib/dpkg/lock · 1 No space left on device
slowest: web-40 41 s; median 3.0 s
97 of 100 instances succeeded in 14 s; 3 failed.
Output: .spot/logs/r-1
next: spot rerun last --failed · spot logs last web-12 --stderr · spot diff last
`);
  });

  it('fits into sixty columns without breaking a part', async () => {
    const text = await summaryOf(fleet, { columns: 60 });
    expect(text).toContain('\n97 ok · 2 E: Could not get lock /var/lib/dpkg/lock\n1 No space left on device\n');
    expect(text).toContain('\nnext: spot rerun last --failed\n      spot logs last web-12 --stderr · spot diff last\n');
  });

  it('of those that all succeeded says whether they said the same', async () => {
    const of = async (one: (number: number) => AttemptResult, told: Told = {}): Promise<string> =>
      (await summaryOf(many(31, one), told)).split('\n31 of 31')[0] as string;
    expect(await of((number) => web(number, SUCCEEDED, 'v 1.4\n'))).toBe('\n31 instances: same output\n');
    expect(await of((number) => web(number, SUCCEEDED, 'v 1.4\n'), { showOutput: true })).toBe(
      '\n31 instances: same output\n  | v 1.4\n',
    );
    expect(await of((number) => web(number, SUCCEEDED, `web-${number} at 10:20:${10 + number}\n`))).toBe(
      '\n31 instances: much the same output\n',
    );
    expect(await of((number) => web(number, SUCCEEDED, number > 29 ? 'v 1.3\n' : 'v 1.4\n'))).toBe(
      '\n29 instances: same output\n2 instances: same output (web-30, web-31)\n',
    );
    expect(await of((number) => web(number, SUCCEEDED, number === 7 ? 'v 1.3\n' : 'v 1.4\n'))).toBe(
      '\n30 instances: same output\n1 instance: an output of its own (web-7)\n',
    );
    expect(await of((number) => web(number, SUCCEEDED))).toBe('');
  });

  it('proposes to compare what differs, and nothing where all is the same', async () => {
    const next = async (one: (number: number) => AttemptResult): Promise<string | undefined> =>
      /^next: .*$/m.exec(await summaryOf(many(31, one)))?.[0];
    expect(await next((number) => web(number, SUCCEEDED, `${number} packages\n`))).toBe('next: spot diff last');
    expect(await next((number) => web(number, SUCCEEDED, 'v 1.4\n'))).toBeUndefined();
  });

  it('names them all with --verbose, each with its row', async () => {
    const text = await summaryOf(
      many(60, (number) => web(number, number % 2 === 0 ? FAILED : SUCCEEDED, '', 'no\n')),
      {
        verbose: true,
      },
    );
    expect(text).toContain('✓ web-1     10.0.0.1   succeeded  3.0 s  execute 3.0 s\n');
    expect(text).toContain('✗ 30 failed (exit 100): web-2, web-4, web-6, web-8,');
  });

  it('folds the names', async () => {
    const text = await summaryOf(many(60, (number) => web(number, number % 20 < 5 ? FAILED : SUCCEEDED, '', 'no\n')));
    expect(text).toContain('✗ 15 failed (exit 100): web-[1-4,20-24,40-44,60]\n');
  });

  it('shows eight ways to fail, and counts the others', async () => {
    const words = 'one two three four five six seven eight nine ten eleven'.split(' ');
    const text = await summaryOf(words.map((word, index) => web(index, FAILED, '', `error: ${word}\n`)));
    expect(text.match(/^✗/gm)).toHaveLength(8);
    expect(text).toContain('\n… and 3 instances in 3 more ways.\n');
    expect(text).toContain(' · 6 in 6 more ways\n');
  });
});

describe('what to type next', () => {
  const nextOf = async (attempts: readonly AttemptResult[], told: Told = {}): Promise<string | undefined> =>
    /^next: [^]*$/m.exec(await summaryOf(attempts, told))?.[0];
  const error = { code: 'c', message: 'gone' };

  it('has a flag for each outcome, once', async () => {
    const attempts = [
      web(1, { kind: 'timed-out', step: 'execute', error }),
      web(2, { kind: 'killed', signal: 'SIGKILL' }),
      web(3, { kind: 'unreachable', error }),
      web(4, { kind: 'rejected', error }),
      web(5, { kind: 'lost', step: 'execute', error }),
    ];
    expect(await nextOf(attempts)).toBe('next: spot rerun last --failed --unreachable · spot diff last\n');
  });

  it('gives again what has to be given, with the flags of this command', async () => {
    const next = () => ({ run: '20261121-052010-6c1e', flags: ['--state-dir', 'my state'] });
    expect(await nextOf([web(1, FAILED)], { next, environment: ['TOKEN'] })).toBe(
      "next: spot rerun 20261121-052010-6c1e --failed --env TOKEN --state-dir 'my state'\n",
    );
  });

  it('calls an instance by its id where it shares its name', async () => {
    const twins = ['i-1', 'i-2'].map((id) =>
      anAttempt(anInstance(id, 'web'), FAILED, { stderr: anOutput('/logs/err', 'no\n'), steps: [] }),
    );
    expect(await nextOf(twins)).toBe('next: spot rerun last --failed · spot logs last i-1 --stderr\n');
  });

  it('is nothing where no command knows of the run, or all is well', async () => {
    expect(await nextOf([web(1, FAILED)], { next: () => null })).toBeUndefined();
    expect(await nextOf([web(1, SUCCEEDED, 'a\n'), web(2, SUCCEEDED, 'b\n')])).toBeUndefined();
  });
});

describe('the slowest', () => {
  const slowest = async (...times: number[]): Promise<string | undefined> =>
    /^slowest: .*$/m.exec(await summaryOf(times.map((ms, index) => web(index + 1, SUCCEEDED, 'same\n', '', ms))))?.[0];

  it.each([
    [[3000, 3100, 2900, 41_000, 38_000, 3100, 3000], 'slowest: web-4 41 s, web-5 38 s; median 3.1 s'],
    [[100, 100, 100, 100, 900], undefined],
    [[3000, 3000, 3000, 5900], undefined],
    [[1000, 1000, 41_000], undefined],
    [
      [1, 1, 1, 1, 1, 1, 1, 9000, 9000, 9000, 9000],
      'slowest: web-8 9.0 s, web-9 9.0 s, web-10 9.0 s and 1 more; median 1 ms',
    ],
  ])('of %j ms: %s', async (times, line) => {
    expect(await slowest(...times)).toBe(line);
  });

  it('leaves out what timed out, which says so anyway', async () => {
    const error = { code: 'too-late', message: 'too late' };
    const attempts = [1, 2, 3, 4].map((number) => web(number, SUCCEEDED));
    const late = web(5, { kind: 'timed-out', step: 'execute', error }, '', '', 60_000);
    expect(await summaryOf([...attempts, late])).not.toContain('slowest');
  });
});
