import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import type { RunningSpot } from '../helpers/spot.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { type Fleet, fleetOf } from './fleet.ts';

leakCheck();

const INTERVAL = '200ms';

interface Watched extends Fleet {
  /** a file of the test, with what the scripts wrote */
  readonly trace: string;
  /** `<id> <ms since the epoch>` of each start of the script */
  starts(): { id: string; at: number }[];
  /** ids of instances, each as often as its script was started; sorted */
  ran(): string[];
  watch(...flags: string[]): RunningSpot;
  /** how the attempts ended, in the order in which they were planned */
  outcomes(): string[];
}

/** @param rest of a script that notes its start in a file, `$TRACE` */
async function watched(count: number, known: number, rest: string): Promise<Watched> {
  const fleet = await fleetOf(count, known);
  const trace = join(tempDir(), 'trace');
  const note = 'echo "$SPOT_INSTANCE_ID $(date +%s%3N)" >>"$TRACE"';
  fleet.project.write('script.sh', `TRACE='${trace}'\n${note}\n${rest}\n`);
  const starts = () => {
    const lines = existsSync(trace) ? readFileSync(trace, 'utf8').trim().split('\n') : [];
    return lines.map((line) => ({ id: line.split(' ')[0] ?? '', at: Number(line.split(' ')[1]) }));
  };
  return {
    ...fleet,
    trace,
    starts,
    ran: () =>
      starts()
        .map(({ id }) => id)
        .sort(),
    watch: (...flags) =>
      fleet.project.start(['watch', 'script.sh', '--cleanup', '--interval', INTERVAL, ...flags], { timeoutMs: 50_000 }),
    outcomes: () => {
      const sql = `SELECT instance_id AS id, outcome FROM attempts JOIN runs ON runs.id = run_id
        ORDER BY runs.rowid, position`;
      return fleet.project.rows(sql).map(({ id, outcome }) => `${String(id)} ${String(outcome)}`);
    },
  };
}

async function end(running: RunningSpot) {
  running.kill('SIGTERM');
  const result = await running.result;
  expect(result.exitCode).toBe(143);
  return result;
}

test('whoever appears in the state gets the payload once, and nothing is said while there is nothing to do', async () => {
  const { project, spec, watch, ran, outcomes } = await watched(3, 1, 'true');
  const running = watch();
  await running.saw('1 of 1 instance succeeded', 20_000);
  expect((await project.run(['add', spec(2), '--name', 'web-2', '--id', 'web-2'])).exitCode).toBe(0);
  await running.saw('1 instance lacks script.sh: web-2\n', 20_000);
  const port = spec(3).split(':')[1] ?? '';
  project.change(
    `INSERT INTO instances (instance_id, public_ip, ssh_port, ssh_user) VALUES ('web-3', '127.0.0.1', ${port}, 'sandbox')`,
  );
  await waitFor('all three', () => outcomes().filter((line) => line.endsWith('succeeded')).length === 3, 20_000);
  await sleep(500);
  const { stderr, ms } = await end(running);
  expect(ran()).toEqual(['web-1', 'web-2', 'web-3']);
  expect(outcomes()).toEqual(['web-1 succeeded', 'web-2 succeeded', 'web-3 succeeded']);
  expect(ms).toBeLessThan(45_000);
  expect(stderr).toMatch(
    /^watching for running instances that lack script\.sh \(sha256 [0-9a-f]{16}…\), every 200 ms; Ctrl-C ends it\n1 instance lacks script\.sh: web-1\nrun \S+: 1 instance, /,
  );
  expect(stderr.match(/^\d+ instances? lacks? /gm)).toHaveLength(3);
  expect(stderr).not.toContain('stopping');
});

test('a watcher that is killed and started again goes on: each script runs once', async () => {
  const { project, spec, trace, watch, ran, outcomes } = await watched(
    4,
    2,
    'until [ -e "$TRACE.go" ]; do sleep 0.05; done',
  );
  const first = watch('-f', '1');
  await waitFor('the first script', () => ran().length === 1, 20_000);
  first.kill('SIGKILL');
  await first.result;
  project.add('web-3', spec(3));
  const second = watch('-f', '3');
  await second.saw('was left by a spot that is gone: it is taken up', 20_000);
  await waitFor('the others', () => ran().length === 3, 20_000);
  second.kill('SIGKILL');
  await second.result;
  writeFileSync(`${trace}.go`, '');
  project.add('web-4', spec(4));
  const third = watch();
  await waitFor('all four', () => outcomes().filter((line) => line.endsWith('succeeded')).length === 4, 20_000);
  await end(third);
  expect(ran()).toEqual(['web-1', 'web-2', 'web-3', 'web-4']);
});

test('a watcher that is killed at any moment never has a script run twice', async () => {
  const { project, trace, watch, ran, outcomes } = await watched(3, 3, 'sleep 0.2');
  for (let time = 0; time < 6; time += 1) {
    const running = watch();
    await sleep(300 + Math.random() * 900);
    running.kill('SIGKILL');
    await running.result;
  }
  const last = watch();
  await last.saw('watching', 20_000);
  const isSettled = (id: string): boolean =>
    outcomes().some((line) => [`${id} succeeded`, `${id} lost`].includes(line));
  await waitFor('every instance to be settled', () => ['web-1', 'web-2', 'web-3'].every(isSettled), 40_000);
  await end(last);
  expect(ran()).toEqual(['web-1', 'web-2', 'web-3']);
  expect(project.rows('SELECT 1 FROM attempts WHERE outcome IS NULL')).toEqual([]);
  expect(existsSync(trace)).toBe(true);
  removeDeployFolders();
});

test('two watchers of one payload on one state do not run it twice on an instance', async () => {
  const { project, spec, watch, ran, outcomes } = await watched(6, 3, 'sleep 0.3');
  const both = [watch(), watch()];
  for (const number of [4, 5, 6]) {
    await sleep(300);
    project.add(`web-${number}`, spec(number));
  }
  await waitFor('all six', () => outcomes().filter((line) => line.endsWith('succeeded')).length === 6, 30_000);
  await sleep(500);
  for (const running of both) await end(running);
  expect(ran()).toEqual(['web-1', 'web-2', 'web-3', 'web-4', 'web-5', 'web-6']);
});

test('an instance that failed gets another try after twice as long each time, also from the next watcher', async () => {
  const { watch, starts, trace, outcomes } = await watched(1, 1, '[ -e "$TRACE.go" ]');
  const first = watch();
  await waitFor('two tries', () => outcomes().filter((line) => line === 'web-1 failed').length === 2, 20_000);
  await end(first);
  const second = watch();
  await waitFor('four tries', () => outcomes().filter((line) => line === 'web-1 failed').length === 4, 20_000);
  writeFileSync(`${trace}.go`, '');
  await waitFor('a success', () => outcomes().includes('web-1 succeeded'), 20_000);
  await end(second);
  const gaps = starts().map(({ at }, index, all) => at - (all[index - 1]?.at ?? at));
  [200, 400, 800, 1600].forEach((least, index) => expect(gaps[index + 1]).toBeGreaterThanOrEqual(least));
});

test('an instance that hangs does not keep newcomers waiting', async () => {
  const { project, spec, watch, ran, outcomes } = await watched(2, 1, '[ "$SPOT_INSTANCE_ID" = web-2 ] || sleep 307');
  const running = watch('-f', '2');
  await waitFor('the first script', () => ran().length === 1, 20_000);
  project.add('web-2', spec(2));
  await waitFor('the second one', () => outcomes().includes('web-2 succeeded'), 20_000);
  expect(outcomes()).toContain('web-1 null');
  const { stderr } = await end(running);
  expect(stderr).toContain('spot: SIGTERM: stopping the scripts on the instances; once more to leave at once\n');
  expect(outcomes()).toEqual(['web-1 cancelled', 'web-2 succeeded']);
});

test('an instance of which nobody knows is left alone, and that is said once', async () => {
  const { project, spec, watch, ran, outcomes } = await watched(2, 1, 'true');
  const first = watch();
  await waitFor('the first script', () => outcomes().includes('web-1 succeeded'), 20_000);
  await end(first);
  project.change(`UPDATE attempts SET outcome = 'lost', error_code = 'x', error_message = 'y'`);
  const second = watch('--quiet', '--json-lines');
  await second.saw('web-1  note: left alone, as nobody knows what became of run ', 20_000);
  project.add('web-2', spec(2));
  await waitFor('the second one', () => outcomes().includes('web-2 succeeded'), 20_000);
  const { stderr, stdout } = await end(second);
  expect(stderr.match(/left alone/g)).toHaveLength(1);
  expect(ran()).toEqual(['web-1', 'web-2']);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.slice(0, 3)).toMatchObject([
    { schema: 1, type: 'watch-started', run_id: null, interval_ms: 200, payload: { files: 0 } },
    { schema: 1, type: 'notice', run_id: null, instance_id: 'web-1' },
    { schema: 1, type: 'run-started', instances: [{ instance_id: 'web-2' }] },
  ]);
});

test('an attempt of another command counts: one that is under way is waited for, and --limit holds', async () => {
  const { project, trace, watch, ran, outcomes } = await watched(3, 3, 'until [ -e "$TRACE.go" ]; do sleep 0.05; done');
  const upload = project.start(['upload-script', 'script.sh', '--cleanup', '-l', 'web-1']);
  await waitFor('the first script', () => ran().length === 1, 20_000);
  const running = watch('-l', 'web-1,web-2');
  await waitFor('the second script', () => ran().length === 2, 20_000);
  writeFileSync(`${trace}.go`, '');
  expect((await upload.result).exitCode).toBe(0);
  await waitFor('both', () => outcomes().filter((line) => line.endsWith('succeeded')).length === 2, 20_000);
  await sleep(500);
  await end(running);
  expect(ran()).toEqual(['web-1', 'web-2']);
});
