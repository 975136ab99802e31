import type { AttemptResult } from '../model/attempt.ts';
import { type Outcome, type OutcomeKind, problemOf, type Step } from '../model/outcome.ts';
import type { AttemptRecord } from './attempts.ts';

/** The columns of a result, by their names as parameters. */
export function columnsOf(result: AttemptResult): Record<string, string | number | null> {
  const { outcome, stdout, stderr, rescue } = result;
  const error = problemOf(outcome);
  return {
    instanceId: result.instanceId,
    outcome: outcome.kind,
    step: 'step' in outcome ? outcome.step : null,
    exitCode: 'exitCode' in outcome ? outcome.exitCode : null,
    signal: 'signal' in outcome ? outcome.signal : null,
    reason: 'reason' in outcome ? outcome.reason : null,
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    evidence: JSON.stringify(result.evidence),
    steps: JSON.stringify(result.steps),
    remoteDir: result.remoteDir,
    stdoutPath: stdout.path,
    stdoutBytes: stdout.bytes,
    stderrPath: stderr.path,
    stderrBytes: stderr.bytes,
    rescuePath: rescue?.path ?? null,
    rescueBytes: rescue?.bytes ?? 0,
  };
}

/** The result of an attempt as it was written down, with empty tails, or null as long as it is open. */
export function resultOf(record: AttemptRecord): AttemptResult | null {
  const { instanceId, name, host, outcome, evidence, steps, remoteDir, stdout, stderr, rescue } = record;
  if (outcome === null) return null;
  return {
    instanceId,
    name,
    address: host.address,
    outcome: outcomeOf(record, outcome),
    evidence,
    steps,
    remoteDir,
    stdout: { ...stdout, tail: '' },
    stderr: { ...stderr, tail: '' },
    rescue,
  };
}

function outcomeOf({ step, exitCode, signal, reason, error }: AttemptRecord, kind: OutcomeKind): Outcome {
  const problem = error ?? { code: kind, message: '' };
  const lastStep: Step = step ?? 'connect';
  switch (kind) {
    case 'succeeded':
      return { kind };
    case 'failed':
      return { kind, exitCode: exitCode ?? 0 };
    case 'killed':
      return { kind, signal: signal ?? '' };
    case 'skipped':
      return { kind, reason: reason ?? '' };
    case 'timed-out':
    case 'lost':
      return { kind, step: lastStep, error: problem };
    default:
      return { kind, error: problem };
  }
}
