import type { OutcomeKind } from '../model/outcome.ts';
import type { Database } from './database.ts';
import { lookUp } from './look-up.ts';

/** How far the attempts of a run are. */
export interface RunCounts {
  readonly instances: number;
  /** those that have not ended */
  readonly open: number;
  /** of those that have; kinds that do not occur are left out */
  readonly outcomes: ReadonlyMap<OutcomeKind, number>;
}

interface CountRow {
  readonly runId: string;
  readonly outcome: OutcomeKind | null;
  readonly count: number;
}

/** Of several runs at once; those that are not on record have none. */
export function talliesOf(database: Database, runIds: readonly string[]): Map<string, RunCounts> {
  const sql = (places: string): string =>
    `SELECT run_id AS "runId", outcome, COUNT(*) AS count FROM attempts WHERE run_id IN (${places}) GROUP BY run_id, outcome`;
  const rows = lookUp(database, runIds, sql) as CountRow[];
  const groups = new Map<string, CountRow[]>();
  for (const row of rows) groups.set(row.runId, [...(groups.get(row.runId) ?? []), row]);
  return new Map([...groups].map(([runId, counted]) => [runId, countsOf(counted)]));
}

function countsOf(rows: readonly CountRow[]): RunCounts {
  const outcomes = rows.flatMap(({ outcome, count }) => (outcome === null ? [] : [[outcome, count] as const]));
  const instances = rows.reduce((sum, { count }) => sum + count, 0);
  const ended = outcomes.reduce((sum, [, count]) => sum + count, 0);
  return { instances, open: instances - ended, outcomes: new Map(outcomes) };
}
