import type { AttemptResult } from '../../model/attempt.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { WholeAttemptDocument } from './document.ts';

/** What an attempt came to, as its document tells. */
export function resultOf(document: WholeAttemptDocument): AttemptResult {
  return {
    instanceId: document.instance_id,
    name: document.name,
    address: document.address,
    outcome: outcomeOf(document),
    // of a skipped attempt the reason comes first
    evidence: document.outcome === 'skipped' ? document.evidence.slice(1) : document.evidence,
    steps: document.steps,
    remoteDir: document.remote_dir,
    stdout: { path: document.stdout_path, bytes: document.stdout_bytes, tail: document.stdout_tail },
    stderr: { path: document.stderr_path, bytes: document.stderr_bytes, tail: document.stderr_tail },
    rescue: document.rescue_path === null ? null : { path: document.rescue_path, bytes: document.rescue_bytes },
  };
}

function outcomeOf({ outcome, exit_code, signal, error, evidence, step }: WholeAttemptDocument): Outcome {
  const problem = error ?? { code: outcome, message: '' };
  switch (outcome) {
    case 'succeeded':
      return { kind: outcome };
    case 'failed':
      return { kind: outcome, exitCode: exit_code ?? 0 };
    case 'killed':
      return { kind: outcome, signal: signal ?? '' };
    case 'skipped':
      return { kind: outcome, reason: evidence[0] ?? '' };
    case 'timed-out':
    case 'lost':
      return { kind: outcome, step: step ?? 'connect', error: problem };
    default:
      return { kind: outcome, error: problem };
  }
}
