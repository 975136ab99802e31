import { countOutcomes } from '../model/outcome.ts';
import type { State } from '../state/state.ts';
import type { RunSummary } from './api.ts';
import { runUnknown } from './cancel.ts';

/** @throws SpotError `run-unknown` (exit 64), also for a run that another door began */
export function summaryOf(runId: string, state: Pick<State, 'runs' | 'deployments'>): RunSummary {
  const run = state.deployments.isRunKnown(runId) ? state.runs.find(runId) : null;
  if (run === null) throw runUnknown(runId);
  const { instances, outcomes } = state.runs.tally(runId);
  const { mode, createdAt, finishedAt, exitCode, payloadName, payloadDigest, payloadBytes, plan } = run;
  const payload = { name: payloadName, digest: payloadDigest, sizeBytes: payloadBytes, files: plan.fileCount };
  return { id: run.id, mode, payload, createdAt, finishedAt, exitCode, instances, counts: countOutcomes(outcomes) };
}
