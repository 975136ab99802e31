import type { AttemptResult } from '../model/attempt.ts';
import type { PayloadStatus } from '../model/instance.ts';
import type { Step } from '../model/outcome.ts';
import { payloadErrorOf, statusAfter } from '../model/payload-status.ts';
import type { Plan } from '../model/plan.ts';
import type { Database } from './database.ts';

/** Whose payload it is, and when it is so; ISO 8601. */
export interface PayloadMoment {
  readonly runId: string;
  readonly instanceId: string;
  readonly now: string;
}

/** Of several runs on an instance the one that was planned last counts, if it has begun there. */
const IS_NEWEST = `NOT EXISTS (
  SELECT 1 FROM runs AS later
  WHERE (later.created_at, later.number) > (SELECT created_at, number FROM runs WHERE id = @runId) AND EXISTS (
    SELECT 1 FROM attempts
    WHERE run_id = later.id AND attempts.instance_id = @instanceId AND started_at IS NOT NULL))`;

export function recordStatus(
  database: Database,
  moment: PayloadMoment,
  status: PayloadStatus,
  error: string | null,
): void {
  database.run(
    `UPDATE instances SET payload_status = @status, payload_error = @error, updated_at = @now
     WHERE instance_id = @instanceId AND (payload_status <> @status OR payload_error IS DISTINCT FROM @error) AND ${IS_NEWEST}`,
    { ...moment, status, error },
  );
}

/** What an attempt that has just ended leaves of its payload. */
export function recordEnd(database: Database, moment: PayloadMoment, result: AttemptResult): void {
  const sql = `SELECT step, mode FROM attempts JOIN runs ON runs.id = run_id WHERE run_id = @runId AND instance_id = @instanceId`;
  const { runId, instanceId } = moment;
  const { step, mode } = database.get(sql, { runId, instanceId }) as { step: Step | null; mode: Plan['mode'] };
  const status = statusAfter(result, step, mode);
  if (status !== null) recordStatus(database, moment, status, payloadErrorOf(result.outcome));
}
