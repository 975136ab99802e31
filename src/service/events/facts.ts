import type { RunResult } from '../../model/attempt.ts';
import { countOutcomes } from '../../model/outcome.ts';
import { SCHEMA } from '../../report/json.ts';
import { sentPayload } from '../../report/record-documents.ts';
import { resultOf } from '../../state/attempt-result.ts';
import type { RunRecord, RunTable } from '../../state/runs.ts';
import type { RunFacts, StartedDocument } from './document.ts';

/** What the ledger knows of a run: whose events are not all there, for a worker that died, gets them from here. */
export type RunRecords = Pick<RunTable, 'find' | 'attempts'>;

export function factsOf(run: RunRecord): RunFacts {
  return { id: run.id, mode: run.mode, payload: sentPayload(run) };
}

/** How a run begins, as the ledger has it. */
export function startedDocument(run: RunRecord, runs: RunRecords): StartedDocument {
  return {
    schema: SCHEMA,
    type: 'run-started',
    at: run.createdAt,
    run_id: run.id,
    mode: run.mode,
    payload: sentPayload(run),
    instances: runs.attempts(run.id).map(({ instanceId, name, host }) => ({
      instance_id: instanceId,
      name,
      address: host.address,
    })),
    skipped: run.plan.skipped.map(({ instanceId, reason }) => ({ instance_id: instanceId, reason })),
    taken_up: false,
    only_waits: false,
  };
}

/** What a run that is over came to, without the ends of outputs. */
export function recordedResult(run: RunRecord, finishedAt: string, runs: RunRecords): RunResult {
  const attempts = runs.attempts(run.id).flatMap((record) => resultOf(record) ?? []);
  return {
    runId: run.id,
    startedAt: run.createdAt,
    finishedAt,
    durationMs: Math.max(0, Date.parse(finishedAt) - Date.parse(run.createdAt)),
    attempts,
    running: [],
    counts: countOutcomes(attempts.map(({ outcome }) => outcome.kind)),
    exitCode: run.exitCode ?? 0,
  };
}
