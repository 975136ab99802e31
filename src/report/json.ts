import type { AttemptResult, RunResult } from '../model/attempt.ts';
import type { Problem } from '../model/errors.ts';
import type { RunEvent } from '../model/event.ts';
import type { Skip } from '../model/instance.ts';
import type { Outcome, OutcomeCounts, OutcomeKind, Step } from '../model/outcome.ts';
import { problemOf } from '../model/outcome.ts';
import type { Payload } from '../model/payload.ts';
import type { Plan } from '../model/plan.ts';
import type { Report } from './report.ts';
import type { Writer } from './writer.ts';

/** Version of everything that `--json` and `--json-lines` print; raised when a name changes its meaning or goes. */
export const SCHEMA = 1;

export interface PayloadDocument {
  readonly digest: string;
  /** of the archive */
  readonly size_bytes: number;
  /** number of files and links beside the script */
  readonly files: number;
}

export interface AttemptDocument {
  readonly instance_id: string;
  readonly name: string | null;
  readonly address: string;
  readonly outcome: OutcomeKind;
  /** null unless the script ran and exited by itself */
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly error: Problem | null;
  /** of a skipped attempt: why */
  readonly evidence: readonly string[];
  readonly steps: readonly { readonly name: Step; readonly ms: number; readonly bytes: number }[];
  readonly remote_dir: string | null;
  readonly stdout_path: string | null;
  readonly stderr_path: string | null;
  readonly stdout_bytes: number;
  readonly stderr_bytes: number;
  readonly rescue_path: string | null;
  readonly rescue_bytes: number;
}

export interface SkipDocument {
  readonly instance_id: string;
  readonly reason: string;
}

/** What `--json` prints. Times are ISO 8601, UTC. */
export interface RunDocument {
  readonly schema: typeof SCHEMA;
  readonly run: {
    readonly id: string;
    readonly started_at: string;
    readonly finished_at: string;
    readonly payload: PayloadDocument;
    readonly exit_code: number;
    /** by outcome; every outcome is present */
    readonly counts: OutcomeCounts;
    /** ids of the instances on which the script was left running: they have no entry in `attempts` */
    readonly running: readonly string[];
  };
  /** those that have ended, in plan order */
  readonly attempts: readonly AttemptDocument[];
  /** the instances that were not selected */
  readonly skipped: readonly SkipDocument[];
}

/** Prints one document when the run is over, and nothing before. */
export function createJson(writer: Writer): Report {
  let plan: Plan | null = null;
  let result: RunResult | null = null;
  return {
    emit(event: RunEvent) {
      if (event.type === 'run-started') plan = event.plan;
      if (event.type === 'run-finished') result = event.result;
    },
    close() {
      if (plan !== null && result !== null) writer.write(`${JSON.stringify(runDocument(plan, result), null, 2)}\n`);
    },
  };
}

export function runDocument(plan: Plan, result: RunResult): RunDocument {
  return {
    schema: SCHEMA,
    run: resultDocument(result, payloadDocument(plan.payload)),
    attempts: result.attempts.map((attempt) => attemptDocument(attempt, plan.mode)),
    skipped: plan.skipped.map(skipDocument),
  };
}

/** What a run came to as a whole. */
export function resultDocument(result: RunResult, payload: PayloadDocument): RunDocument['run'] {
  return {
    id: result.runId,
    started_at: result.startedAt,
    finished_at: result.finishedAt,
    payload,
    exit_code: result.exitCode,
    counts: result.counts,
    running: result.running,
  };
}

/** What `--json` prints where there was nothing to run: no run is on record. */
export function idleDocument(skipped: readonly Skip[]): unknown {
  return { schema: SCHEMA, run: null, attempts: [], skipped: skipped.map(skipDocument) };
}

export function payloadDocument({ digest, sizeBytes, fileCount }: Payload): PayloadDocument {
  return { digest, size_bytes: sizeBytes, files: fileCount };
}

export function skipDocument({ instance, reason }: Skip): SkipDocument {
  return { instance_id: instance.instanceId, reason };
}

export function attemptDocument(attempt: AttemptResult, mode: Plan['mode']): AttemptDocument {
  const { outcome, stdout, stderr, rescue } = attempt;
  const problem = problemOf(outcome);
  return {
    instance_id: attempt.instanceId,
    name: attempt.name,
    address: attempt.address,
    outcome: outcome.kind,
    exit_code: exitCodeOfScript(outcome, mode),
    signal: outcome.kind === 'killed' ? outcome.signal : null,
    error: problem === null ? null : { code: problem.code, message: problem.message },
    evidence: outcome.kind === 'skipped' ? [outcome.reason, ...attempt.evidence] : attempt.evidence,
    steps: attempt.steps.map(({ name, ms, bytes }) => ({ name, ms, bytes })),
    remote_dir: attempt.remoteDir,
    stdout_path: stdout.path,
    stderr_path: stderr.path,
    stdout_bytes: stdout.bytes,
    stderr_bytes: stderr.bytes,
    rescue_path: rescue?.path ?? null,
    rescue_bytes: rescue?.bytes ?? 0,
  };
}

function exitCodeOfScript(outcome: Outcome, mode: Plan['mode']): number | null {
  if (outcome.kind === 'failed') return outcome.exitCode;
  return outcome.kind === 'succeeded' && mode === 'run' ? 0 : null;
}
