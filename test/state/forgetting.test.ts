import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import { pruneHistory, type PruneOptions } from '../../src/run/prune.ts';
import type { State } from '../../src/state/state.ts';
import { compile, startProgram } from './compile.ts';
import { anInstance, aPlan, aResult, NOW } from './records.ts';
import { behind, ON_POSTGRES, openedState, temporaryFolder, unprivileged, withDriver } from './support.ts';

const HOUR_MS = 3_600_000;

/** A state, and the folder of the logs beside it. */
class Past {
  readonly folder = temporaryFolder();
  readonly logsDir = join(this.folder, 'logs');
  readonly state: State = openedState(this.folder);

  /** One run on one instance, a minute after the one before it; it has said so many bytes. */
  add(id: string, minute: number, bytes = 0, ended = true): void {
    const createdAt = new Date(Date.parse(NOW) + minute * 60_000).toISOString();
    this.state.ledger.runStarted(aPlan(id, [anInstance('i-1')], { createdAt }));
    const path = join(this.logsDir, id, 'i-1.out');
    mkdirSync(join(this.logsDir, id), { recursive: true });
    if (bytes > 0) writeFileSync(path, 'x'.repeat(bytes));
    if (!ended) return;
    this.state.ledger.attemptFinished(id, said(bytes === 0 ? null : path, bytes));
    this.state.ledger.runEnded(id, createdAt);
  }

  /** One that has rescued so many bytes, and said nothing. */
  rescue(id: string, minute: number, bytes: number): void {
    this.add(id, minute, 0, false);
    const path = join(this.logsDir, id, 'i-1.rescue');
    mkdirSync(path);
    writeFileSync(join(path, 'part'), 'x'.repeat(bytes));
    this.state.ledger.attemptFinished(id, { ...said(null, 0), rescue: { path, bytes } });
    this.state.ledger.runEnded(id, NOW);
  }

  prune(options: Partial<PruneOptions> = {}) {
    const limits = { keepRuns: 1000, keepBytes: 1e9, most: 1000, now: Date.now() };
    return pruneHistory(this.state.forgetting, { logsDir: this.logsDir, ...limits, ...options });
  }

  get runs(): string[] {
    return this.state.runs.list().map(({ id }) => id);
  }

  get folders(): string[] {
    return readdirSync(this.logsDir).sort();
  }

  /** Of the only attempt of a run, on record. */
  stdout(id: string) {
    return this.state.runs.attempts(id)[0]?.stdout;
  }
}

function said(path: string | null, bytes: number): AttemptResult {
  return { ...aResult('i-1', { kind: 'succeeded' }), stdout: { path, bytes, tail: '' } };
}

describe('runs', () => {
  test('are found by the beginning of their ids, and the newest of them without reading the others', () => {
    const { state } = fivePastRuns();
    expect(state.runs.list(2).map(({ id }) => id)).toEqual(['r5', 'r4']);
    expect(state.runs.startingWith('r')).toMatchObject({ count: 5, first: { id: 'r1' } });
    expect(state.runs.startingWith('r4')).toMatchObject({ count: 1, first: { id: 'r4' } });
    expect(state.runs.startingWith('%')).toEqual({ count: 0, first: null });
    // PostgreSQL reads tables as small as this one from end to end
    if (ON_POSTGRES) return;
    withDriver(state.path, (driver) => {
      const explain = (sql: string): string =>
        JSON.stringify(
          driver
            .prepare(`EXPLAIN QUERY PLAN ${sql}`)
            .all()
            .map((row) => (row as { detail: string }).detail),
        );
      expect(explain('SELECT * FROM runs ORDER BY created_at DESC, number DESC LIMIT 1')).toMatch(
        /USING INDEX runs_created"/,
      );
      expect(explain("SELECT * FROM runs WHERE id >= 'a' AND id < 'b'")).toContain('SEARCH runs USING INDEX');
    });
  });

  test('are counted by the outcomes of their attempts', () => {
    const { state } = fivePastRuns();
    expect(state.runs.tally('r2')).toEqual({ instances: 1, open: 0, outcomes: ['succeeded'], outputBytes: 20 });
    expect(state.runs.tally('r3')).toEqual({ instances: 1, open: 1, outcomes: [], outputBytes: 0 });
  });
});

/** r1 to r5 with 10 to 50 bytes; r3 has not ended. */
function fivePastRuns(): Past {
  const past = new Past();
  for (const number of [1, 2, 3, 4, 5]) past.add(`r${number}`, number, 10 * number, number !== 3);
  return past;
}

describe('pruning', () => {
  test('removes the oldest finished runs with their attempts and their folders, never an unfinished one', async () => {
    const past = fivePastRuns();
    const pruned = await past.prune({ keepRuns: 1 });
    expect(pruned).toMatchObject({ runs: ['r1', 'r2', 'r4'], logs: [], bytes: 70, problems: [] });
    expect(past.runs).toEqual(['r5', 'r3']);
    expect(past.folders).toEqual(['r3', 'r5']);
    expect(behind(past.state, 'SELECT DISTINCT run_id AS id FROM attempts ORDER BY 1')).toEqual([
      { id: 'r3' },
      { id: 'r5' },
    ]);
  });

  test('leaves those that somebody spares, and their outputs', async () => {
    const past = fivePastRuns();
    const spares = (runId: string): boolean => runId === 'r2';
    expect(await past.prune({ keepRuns: 1, spares })).toMatchObject({ runs: ['r1', 'r4'] });
    expect(await past.prune({ keepBytes: 1, spares })).toMatchObject({ logs: [] });
    expect(past.folders).toEqual(['r2', 'r3', 'r5']);
  });

  test('takes the oldest ones first where it may not do all at once', async () => {
    const past = fivePastRuns();
    await past.prune({ keepRuns: 1, most: 2 });
    expect(past.runs).toEqual(['r5', 'r4', 'r3']);
  });

  test('removes the oldest outputs beyond the limit, and says so on record while the rows stay', async () => {
    const past = fivePastRuns();
    const pruned = await past.prune({ keepBytes: 95 });
    expect(pruned).toMatchObject({ runs: [], logs: ['r1', 'r2'], bytes: 30 });
    expect(past.folders).toEqual(['r3', 'r4', 'r5']);
    expect([past.stdout('r1'), past.stdout('r4')]).toEqual([
      { path: null, bytes: 10 },
      { path: join(past.logsDir, 'r4', 'i-1.out'), bytes: 40 },
    ]);
    expect(await past.prune({ keepBytes: 95 })).toMatchObject({ runs: [], logs: [], bytes: 0 });
  });

  test('keeps the outputs of the newest finished run, however large they are', async () => {
    const past = fivePastRuns();
    await past.prune({ keepBytes: 1 });
    expect(past.folders).toEqual(['r3', 'r5']);
  });

  test('knows how much runs of an earlier version wrote', async () => {
    const past = fivePastRuns();
    behind(past.state, 'UPDATE runs SET log_bytes = NULL');
    expect(await past.prune({ keepBytes: 95 })).toMatchObject({ logs: ['r1', 'r2'], bytes: 30 });
  });

  test('counts what was rescued, an empty file too, and forgets where it was when it goes', async () => {
    const past = new Past();
    past.rescue('r1', 1, 60);
    past.rescue('r2', 2, 0);
    past.add('r3', 3, 30);
    await past.prune({ keepBytes: 31 });
    expect(past.folders).toEqual(['r2', 'r3']);
    expect(past.state.runs.attempts('r1')[0]?.rescue).toBe(null);
    expect(past.state.runs.attempts('r2')[0]?.rescue).toEqual({ path: join(past.logsDir, 'r2/i-1.rescue'), bytes: 0 });
    expect(past.state.runs.tally('r1').outputBytes).toBe(60);
  });

  test('removes what a killed one has left: outputs that the row says are gone', async () => {
    const past = fivePastRuns();
    past.state.forgetting.forgetLogs('r4');
    expect(past.stdout('r4')).toEqual({ path: null, bytes: 40 });
    await past.prune();
    expect(past.folders).toEqual(['r1', 'r2', 'r3', 'r5']);
  });

  test('removes the empty folder of a run that was never begun, once nobody can be about to', async () => {
    const past = fivePastRuns();
    for (const name of ['abandoned', 'fresh', 'foreign']) mkdirSync(join(past.logsDir, name));
    writeFileSync(join(past.logsDir, 'foreign', 'notes'), 'of somebody else');
    past.add('silent', 9, 0, false);
    const longAgo = Date.now() / 1000 - (2 * HOUR_MS) / 1000;
    for (const name of ['abandoned', 'foreign', 'silent']) utimesSync(join(past.logsDir, name), longAgo, longAgo);
    await past.prune();
    expect(past.folders).toEqual(['foreign', 'fresh', 'r1', 'r2', 'r3', 'r4', 'r5', 'silent']);
  });

  test('touches neither the row nor the outputs of an unfinished run, whoever asks', () => {
    const past = fivePastRuns();
    past.state.forgetting.forgetLogs('r3');
    past.state.forgetting.forgetRun('r3');
    expect(past.state.runs.find('r3')).not.toBeNull();
    expect(behind(past.state, "SELECT log_bytes FROM runs WHERE id = 'r3'")).toEqual([{ log_bytes: null }]);
  });

  test('leaves the row of a run whose folder cannot be removed, and says why', async () => {
    const past = fivePastRuns();
    chmodSync(past.folder, 0o755);
    for (const folder of [past.logsDir, join(past.logsDir, 'r1')]) chmodSync(folder, 0o555);
    const { problems, runs } = await unprivileged(() => past.prune({ keepRuns: 3 }));
    expect(runs).toEqual([]);
    expect(problems).toEqual([
      `${join(past.logsDir, 'r1')} cannot be removed (permission denied); check its permissions`,
    ]);
    expect(past.runs).toContain('r1');
    for (const folder of [past.logsDir, join(past.logsDir, 'r1')]) chmodSync(folder, 0o755);
    await past.prune({ keepRuns: 3 });
    expect(past.runs).not.toContain('r1');
  });

  test('forgets nothing where the log folder cannot be read', async () => {
    const past = fivePastRuns();
    writeFileSync(join(past.folder, 'file'), '');
    const logsDir = join(past.folder, 'file', 'no-folder');
    await expect(past.prune({ keepRuns: 1, logsDir })).rejects.toMatchObject({
      code: 'logs-unreadable',
      message: `${logsDir} cannot be read (not a directory); check its permissions`,
    });
    expect(past.runs).toHaveLength(5);
  });

  test('changes nothing where nothing is beyond the limits, or where there is no log folder at all', async () => {
    const past = fivePastRuns();
    expect(await past.prune()).toMatchObject({ runs: [], logs: [], bytes: 0, problems: [] });
    expect(await past.prune({ logsDir: join(past.folder, 'none'), keepRuns: 1 })).toMatchObject({
      runs: ['r1', 'r2', 'r4'],
    });
  });
});

test('kill -9 at any moment leaves nothing on which row and disk disagree, and the next pruning completes it', async () => {
  const past = new Past();
  for (let number = 0; number < 80; number += 1) past.add(`r${100 + number}`, number, 10);
  const program = compile('prune', temporaryFolder());
  for (let round = 0; round < 15; round += 1) {
    const child = startProgram(program, [past.folder, String(76 - 5 * round), String(700 - 45 * round)]);
    await once(child.stdout, 'data');
    child.stdin.end('go\n');
    // connecting to PostgreSQL comes first
    setTimeout(() => child.kill('SIGKILL'), ON_POSTGRES ? 150 + 5 * round : 2 + round / 2);
    await once(child, 'exit');
    expectAgreement(past);
  }
  await past.prune({ keepRuns: 5 });
  expect(past.runs).toHaveLength(5);
  for (const folder of past.folders) expect(past.stdout(folder)?.path).not.toBeNull();
});

/** A path on record is a file, and a folder has a row. */
function expectAgreement(past: Past): void {
  for (const id of past.runs) {
    const path = past.stdout(id)?.path ?? null;
    if (path !== null) expect(existsSync(path), path).toBe(true);
  }
  expect(past.runs).toEqual(expect.arrayContaining(past.folders));
}
