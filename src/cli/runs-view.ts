import { countOutcomes } from '../model/outcome.ts';
import { sentPayload } from '../report/record-documents.ts';
import { formatTable } from '../report/table.ts';
import { countWords } from '../report/words.ts';
import type { RunRecord, RunTally } from '../state/runs.ts';
import { formatAge, formatDuration } from '../util/format.ts';
import type { State } from '../state/state.ts';
import { type RunState, stateOfRun } from './recorded-run.ts';

/** A run with its attempts counted. */
export interface RunRow {
  readonly run: RunRecord;
  readonly tally: RunTally;
  readonly state: RunState;
}

export function runRow(run: RunRecord, state: State): RunRow {
  return { run, tally: state.runs.tally(run.id), state: stateOfRun(run, state) };
}

/** @param now ms since the epoch */
export function runsTable(rows: readonly RunRow[], now: number, columns: number | undefined): string {
  const cells = rows.map(({ run, tally, state }) => [
    run.id,
    formatAge(now - Date.parse(run.createdAt)),
    whoOf(run),
    run.payloadName,
    String(tally.instances),
    timeOf(run),
    outcomeWords(tally, state),
  ]);
  return formatTable(['RUN', 'BEGAN', 'WHO', 'PAYLOAD', 'INSTANCES', 'TIME', 'OUTCOMES'], cells, { columns });
}

/** `ann@laptop`, or the host alone where nobody wrote down who it was. */
export function whoOf({ user, client }: RunRecord): string {
  return user === null ? client.hostName : `${user}@${client.hostName}`;
}

/** Until all was known: of a run that was left that includes the time until somebody took it up. */
export function durationOf({ createdAt, finishedAt }: RunRecord): number | null {
  return finishedAt === null ? null : Math.max(0, Date.parse(finishedAt) - Date.parse(createdAt));
}

function timeOf(run: RunRecord): string {
  const ms = durationOf(run);
  return ms === null ? '' : formatDuration(ms);
}

/** `2 succeeded, 1 failed`; of a run that has not ended, how many of its attempts are open. */
export function outcomeWords({ outcomes, open }: RunTally, state: RunState): string {
  const words = countWords(countOutcomes(outcomes));
  return (open === 0 ? words : [...words, `${open} ${state}`]).join(', ');
}

/** What `spot runs --json` shows. */
export function runsDocument(rows: readonly RunRow[]): unknown {
  return { schema: 1, runs: rows.map(runDocument) };
}

/** What `runs` and `show` have in common. */
export function runDocument({ run, tally, state }: RunRow): { readonly id: string; readonly state: RunState } {
  const document = {
    id: run.id,
    state,
    created_at: run.createdAt,
    finished_at: run.finishedAt,
    duration_ms: durationOf(run),
    user: run.user,
    host: run.client.hostName,
    rerun_of: run.rerunOf,
    mode: run.mode,
    payload: sentPayload(run),
    instances: tally.instances,
    open: tally.open,
    counts: countOutcomes(tally.outcomes),
    exit_code: run.exitCode,
  };
  return document;
}
