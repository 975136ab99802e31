import type { StepTiming } from '../model/attempt.ts';
import type { Database } from './database.ts';
import { brokenState } from './state-error.ts';

/** Attempts that are looked at: enough for a median, whatever else is on record. */
const NEWEST = 500;

/** How much was sent to instances by the newest attempts that succeeded, and how long that took, ms. */
export function listUploads(database: Database): { readonly bytes: number; readonly ms: number }[] {
  const sql = `SELECT steps FROM runs JOIN attempts ON attempts.run_id = runs.id
    WHERE outcome = 'succeeded' ORDER BY runs.created_at DESC, runs.number DESC LIMIT ${NEWEST}`;
  const rows = database.all(sql) as { readonly steps: string }[];
  try {
    const steps = rows.flatMap((row) => JSON.parse(row.steps) as StepTiming[]);
    return steps.filter(({ name, bytes }) => name === 'upload' && bytes > 0).map(({ bytes, ms }) => ({ bytes, ms }));
  } catch (error) {
    throw brokenState(database.path, error);
  }
}
