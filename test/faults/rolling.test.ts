import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { fleetOf } from './fleet.ts';

leakCheck();

/** Writes down when it begins and ends, in ns, into the file $1. */
const TRACES =
  'echo "$SPOT_INSTANCE_ID begin $(date +%s%N)" >>"$1"\nsleep 0.2\necho "$SPOT_INSTANCE_ID end $(date +%s%N)" >>"$1"\n';

const OUTCOMES = 'SELECT outcome, error_code AS code FROM attempts ORDER BY position';

/** When each instance began and ended. */
function timesIn(trace: string): Map<string, { begin: bigint; end: bigint }> {
  const times = new Map<string, { begin: bigint; end: bigint }>();
  for (const line of readFileSync(trace, 'utf8').trim().split('\n')) {
    const [id = '', what = '', at = '0'] = line.split(' ');
    times.set(id, { begin: 0n, end: 0n, ...times.get(id), [what]: BigInt(at) });
  }
  return times;
}

test('a wave starts when the one before it has ended, and a pause after that', async () => {
  const { project } = await fleetOf(5);
  project.write('traces.sh', TRACES);
  const trace = join(tempDir(), 'trace');
  const args = ['upload-script', 'traces.sh', '--cleanup', '--serial', '1,40%', '--pause', '300ms', '--', trace];
  const { exitCode, stderr } = await project.run(args);
  expect(exitCode).toBe(0);
  const waves = [['web-1'], ['web-2', 'web-3'], ['web-4', 'web-5']];
  const times = timesIn(trace);
  expect([...times.keys()].sort()).toEqual(waves.flat());
  const edges = waves.map((ids) => ids.map((id) => times.get(id) ?? { begin: 0n, end: 0n }));
  edges.slice(1).forEach((wave, index) => {
    const lastEnd = (edges[index] ?? []).reduce((last, { end }) => (end > last ? end : last), 0n);
    for (const { begin } of wave) expect(Number(begin - lastEnd) / 1e6).toBeGreaterThan(300);
  });
  const said = stderr.split('\n').filter((line) => line.startsWith('wave '));
  expect(said).toEqual([
    'wave 1 of 3: 1 instance',
    'wave 2 of 3 in 300 ms',
    'wave 2 of 3: 2 instances',
    'wave 3 of 3 in 300 ms',
    'wave 3 of 3: 2 instances',
  ]);
  const [run] = project.rows('SELECT plan FROM runs');
  expect(JSON.parse(String(run?.['plan']))).toMatchObject({
    rollout: { waves: [1, 2, 2], pauseMs: 300, maxFailures: null },
  });
});

describe('a failure limit', () => {
  const FAILS = '[ "$SPOT_INSTANCE_ID" = web-2 ] || exit 3\n';

  test.each([
    [['--max-fail', '1'], 'not started: 2 instances did not succeed, and --max-fail allows 1', 3],
    [['--max-fail', '20%'], 'not started: 2 instances did not succeed, and --max-fail allows 1', 3],
    [['--fail-fast'], 'not started: 1 instance did not succeed, and --max-fail allows 0', 1],
  ])('%j starts no more, and the rest has not got what was asked for', async (flags, message, started) => {
    const { project } = await fleetOf(5);
    project.write('fails.sh', FAILS);
    const args = ['upload-script', 'fails.sh', '--cleanup', '--json', '--serial', '1', ...flags];
    const { exitCode, stdout, stderr } = await project.run(args);
    expect(exitCode).toBe(2);
    const { attempts } = JSON.parse(stdout) as { attempts: { outcome: string; error: unknown; steps: unknown[] }[] };
    expect(attempts.map(({ outcome }) => outcome).slice(0, started)).toEqual(
      ['failed', 'succeeded', 'failed'].slice(0, started),
    );
    for (const { outcome, error, steps } of attempts.slice(started)) {
      expect({ outcome, error, steps }).toEqual({
        outcome: 'cancelled',
        error: { code: 'failure-limit', message },
        steps: [],
      });
    }
    expect(stderr).toContain(`web-5  cancelled: ${message}\n`);
    expect(stderr).not.toContain('wave 4');
    expect(project.rows('SELECT exit_code, finished_at IS NOT NULL AS over FROM runs')).toEqual([
      { exit_code: 2, over: 1 },
    ]);
  });

  test('lets what runs go on to its end', async () => {
    const { project } = await fleetOf(3);
    project.write('fails.sh', '[ "$SPOT_INSTANCE_ID" = web-1 ] && exit 3\nsleep 1\n');
    const { exitCode } = await project.run(['upload-script', 'fails.sh', '--cleanup', '-f', '2', '--fail-fast']);
    expect(exitCode).toBe(2);
    expect(project.rows(OUTCOMES)).toEqual([
      { outcome: 'failed', code: null },
      { outcome: 'succeeded', code: null },
      { outcome: 'cancelled', code: 'failure-limit' },
    ]);
  });
});

test('SIGTERM ends a pause at once, and what has not been started never is', async () => {
  const { project } = await fleetOf(2);
  project.write('ok.sh', 'true\n');
  const running = project.start(['upload-script', 'ok.sh', '--cleanup', '--serial', '1', '--pause', '1h']);
  await running.saw('wave 2 of 2 in 1h00m', 20_000);
  running.kill('SIGTERM');
  const { exitCode, ms } = await running.result;
  expect(exitCode).toBe(143);
  expect(ms).toBeLessThan(20_000);
  expect(project.rows(OUTCOMES)).toEqual([
    { outcome: 'succeeded', code: null },
    { outcome: 'cancelled', code: 'cancelled' },
  ]);
});

test('events tell the waves, and a dry run shows them beforehand', async () => {
  const { project } = await fleetOf(3);
  project.write('ok.sh', 'true\n');
  const flags = ['--serial', '1,100%', '--pause', '100ms', '--max-fail', '1'];
  const dry = await project.run(['upload-script', 'ok.sh', '--dry-run', ...flags]);
  expect(dry.stdout).toContain('\nwaves    1, 2 instances, 100 ms apart\n');
  expect(dry.stdout).toContain('\nfailures no more is started once more than 1 did not succeed\n');
  const { stdout } = await project.run(['upload-script', 'ok.sh', '--cleanup', '--json-lines', '--quiet', ...flags]);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const told = events.filter(({ type }) => type === 'wave-started' || type === 'pause-started');
  expect(told.map(({ type, wave, waves, instances, ms }) => ({ type, wave, waves, instances, ms }))).toEqual([
    { type: 'wave-started', wave: 1, waves: 2, instances: 1 },
    { type: 'pause-started', wave: 2, waves: 2, ms: 100 },
    { type: 'wave-started', wave: 2, waves: 2, instances: 2 },
  ]);
});
