import { describe, expect, it } from 'vitest';
import type { AttemptResult } from '../../../../src/model/attempt.ts';
import { plainPainter } from '../../../../src/report/painter.ts';
import type { SummaryOptions } from '../../../../src/report/summary/summary.ts';
import { createSummary } from '../../../../src/report/summary/summary.ts';
import { anAttempt, anInstance, anOutput, aPlan, aResult, at, aWriter, REFUSED, SUCCEEDED } from '../events.ts';

const WEB = [1, 2, 3].map((number) => anInstance(`i-${number}`, `web-${number}`));
const FAILED = { kind: 'failed', exitCode: 3 } as const;

async function summaryOf(
  attempts: readonly AttemptResult[],
  changes: Partial<SummaryOptions> = {},
  columns?: number,
): Promise<string> {
  const writer = aWriter(columns === undefined ? {} : { columns });
  const options = { writer, painter: plainPainter, showOutput: true, verbose: false, cwd: '/work', ...changes };
  const report = createSummary(options);
  report.emit(at.runFinished(aResult(attempts)));
  expect(writer.text()).toBe('');
  await report.close();
  return writer.text();
}

function attemptOf(number: 1 | 2 | 3, outcome: AttemptResult['outcome'], changes: Partial<AttemptResult> = {}) {
  return anAttempt(WEB[number - 1] as (typeof WEB)[0], outcome, { address: `10.0.0.${number}`, ...changes });
}

function stderrOf(number: number, tail: string, bytes?: number): Partial<AttemptResult> {
  return { stderr: anOutput(`/work/.spot/logs/r-1/web-${number}.err`, tail, bytes) };
}

describe('the summary', () => {
  it('lists every instance with its outcome and ends in one sentence', async () => {
    const attempts = [
      attemptOf(1, SUCCEEDED),
      attemptOf(2, FAILED, stderrOf(2, 'E: no such package\n', 1_240_018)),
      attemptOf(3, REFUSED, { steps: [], evidence: ['3 tries'], stdout: anOutput(null), stderr: anOutput(null) }),
    ];
    expect(await summaryOf(attempts)).toBe(
      `
  INSTANCE  ADDRESS   OUTCOME      TIME   DETAIL
✓ web-1     10.0.0.1  succeeded    4.2 s
✗ web-2     10.0.0.2  failed       4.2 s  exit 3
✗ web-3     10.0.0.3  unreachable         10.0.0.1:22 refused the connection: check that sshd runs there
                                          3 tries

web-2, stderr:
  … 1.2 MB more in .spot/logs/r-1/web-2.err
  | E: no such package

1 of 3 instances succeeded in 14 s; 1 failed, 1 unreachable.
Output: .spot/logs/r-1
`,
    );
  });

  it('leaves the addresses out where the labels have them', async () => {
    const host = anInstance('10.0.0.1:2222', null);
    expect(await summaryOf([anAttempt(host, SUCCEEDED, { address: '10.0.0.1' })])).toContain(
      `
  INSTANCE       OUTCOME    TIME
✓ 10.0.0.1:2222  succeeded  4.2 s
`,
    );
  });

  it('says what was rescued, and where that is', async () => {
    const rescue = { path: '/work/.spot/logs/r-1/i-1.rescue', bytes: 1200 };
    expect(await summaryOf([attemptOf(1, SUCCEEDED, { rescue })])).toContain(
      'succeeded  4.2 s  rescued 1.2 KB in .spot/logs/r-1/i-1.rescue\n',
    );
  });

  it('says of a copy where the files are', async () => {
    const writer = aWriter();
    const report = createSummary({ writer, painter: plainPainter, showOutput: true, verbose: false, cwd: '/work' });
    report.emit(at.runStarted(aPlan(WEB.slice(0, 1), { mode: 'copy' })));
    report.emit(at.runFinished(aResult([attemptOf(1, SUCCEEDED, { remoteDir: '/tmp/deploy_files_1_7' })])));
    await report.close();
    expect(writer.text()).toContain('✓ web-1     10.0.0.1  succeeded  4.2 s  files in /tmp/deploy_files_1_7\n');
  });

  it('says where the output is when there is nothing but stderr', async () => {
    const attempt = attemptOf(2, FAILED, { stdout: anOutput(null), ...stderrOf(2, 'no\n') });
    expect(await summaryOf([attempt])).toMatch(/; 1 failed\.\nOutput: \.spot\/logs\/r-1\n$/);
  });

  it('wraps what is too long for the terminal and loses no word of it', async () => {
    const text = await summaryOf([attemptOf(3, REFUSED, { steps: [] })], {}, 70);
    expect(text).toContain(
      `
✗ web-3     10.0.0.3  unreachable  10.0.0.1:22 refused the connection:
                                   check that sshd runs there
`,
    );
  });

  it('shows the end of stdout where nothing went wrong and nothing has printed it yet', async () => {
    const stdout = anOutput('/work/.spot/logs/r-1/web-1.out', 'installed\ndone\n');
    expect(await summaryOf([attemptOf(1, SUCCEEDED, { stdout })])).toBe(
      `
  INSTANCE  ADDRESS   OUTCOME    TIME
✓ web-1     10.0.0.1  succeeded  4.2 s

web-1, stdout:
  | installed
  | done

1 of 1 instance succeeded in 14 s.
Output: .spot/logs/r-1
`,
    );
    expect(await summaryOf([attemptOf(1, SUCCEEDED, { stdout })], { showOutput: false })).not.toContain('installed');
  });

  it('shows the last ten lines and counts the bytes before them', async () => {
    const lines = Array.from({ length: 14 }, (_, index) => `line ${String(index + 1).padStart(2, '0')}`);
    const text = await summaryOf([attemptOf(2, FAILED, stderrOf(2, `${lines.join('\n')}\n`))]);
    expect(text).toContain('web-2, stderr:\n  … 32 B more in .spot/logs/r-1/web-2.err\n  | line 05\n');
    expect(text).toContain('  | line 14\n\n');
    expect(text.match(/ {2}\| line/g)).toHaveLength(10);
  });

  it('cuts a line that would fill the screen', async () => {
    const text = await summaryOf([attemptOf(2, FAILED, stderrOf(2, 'x'.repeat(60_000)))]);
    expect(text).toContain(`  … 59 KB more in .spot/logs/r-1/web-2.err\n  | ${'x'.repeat(500)}…\n`);
  });

  it('shows stdout of a failure that said nothing on stderr', async () => {
    const stdout = anOutput('/work/.spot/logs/r-1/web-2.out', 'No space left\n');
    expect(await summaryOf([attemptOf(2, FAILED, { stdout })])).toContain('\nweb-2, stdout:\n  | No space left\n');
  });

  it('shows equal ends once', async () => {
    const attempts = [
      attemptOf(1, FAILED, stderrOf(1, 'E: no such package\n', 20_019)),
      attemptOf(2, FAILED, stderrOf(2, 'E: another thing\n')),
      attemptOf(3, FAILED, stderrOf(3, 'E: no such package\n', 40_019)),
    ];
    expect(await summaryOf(attempts)).toContain(
      `
web-1, web-3, stderr:
  … up to 40 KB more in .spot/logs/r-1
  | E: no such package

web-2, stderr:
  | E: another thing
`,
    );
  });

  it('shows five different ends and says how many more there are', async () => {
    const attempts = Array.from({ length: 8 }, (_, index) =>
      anAttempt(anInstance(`i-${index}`), FAILED, stderrOf(index, `error ${index}\n`)),
    );
    const text = await summaryOf(attempts);
    expect(text.match(/ {2}\| error/g)).toHaveLength(5);
    expect(text).toContain('\n… the output of 3 more instances is in the logs.\n');
  });

  it('of many instances that all succeeded is the sentence alone', async () => {
    const attempts = Array.from({ length: 31 }, (_, index) => anAttempt(anInstance(`i-${index}`), SUCCEEDED));
    expect(await summaryOf(attempts)).toBe('\n31 of 31 instances succeeded in 14 s.\nOutput: .spot/logs/r-1\n');
  });

  it('says how long each step took when verbose', async () => {
    expect(await summaryOf([attemptOf(1, SUCCEEDED)], { verbose: true })).toContain(
      '✓ web-1     10.0.0.1  succeeded  4.2 s  connect 85 ms, upload 300 ms (110 KB), execute 3.8 s\n',
    );
  });

  it('shows paths outside the working folder whole', async () => {
    expect(await summaryOf([attemptOf(1, SUCCEEDED)], { cwd: '/home/me' })).toContain('Output: /work/.spot/logs/r-1\n');
  });

  it('is not printed for a run that never ended', async () => {
    const writer = aWriter();
    await createSummary({ writer, painter: plainPainter, showOutput: true, verbose: false, cwd: '/' }).close();
    expect(writer.text()).toBe('');
  });
});
