import type { AttemptResult, RunResult } from '../model/attempt.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Payload } from '../model/payload.ts';
import type { Plan, Target } from '../model/plan.ts';
import { mapBounded } from '../util/bounded.ts';
import type { RunDeps } from './deps.ts';
import { explain } from './explain.ts';
import type { RecordedAttempt } from './ledger.ts';
import { Line } from './line.ts';
import { NO_OUTPUTS } from './outputs.ts';
import { summarise } from './summarise.ts';
import { Timeline } from './timeline.ts';
import { Whereabouts } from './whereabouts.ts';

/** Stands in a plan by which nothing is sent. */
export const NO_PAYLOAD: Payload = {
  digest: '',
  path: '',
  sizeBytes: 0,
  contentBytes: 0,
  fileCount: 0,
  manifest: { version: 'v1', interpreter: [], entrypoint: '', environment: [], files: [], metadata: { name: '' } },
};

const NOT_ON_RECORD: RecordedAttempt = { stamp: '', step: null, startedAt: null, result: null };

/**
 * Waits until the instances of a plan are ready, as a run does before it sends anything: one outcome for each, in plan
 * order. None of it is on record but the host keys.
 */
export async function awaitReady(plan: Plan, deps: RunDeps): Promise<RunResult> {
  const { clock, emit } = deps;
  const unrecorded: RunDeps = { ...deps, ledger: { ...deps.ledger, attempt: () => NOT_ON_RECORD } };
  const startedAt = clock.now();
  emit({ type: 'run-started', at: startedAt, plan, takenUp: false, onlyWaits: true });
  const results = await mapBounded(plan.targets, plan.limits.concurrency, async (target) => {
    const result = await waitFor(target, plan, unrecorded);
    emit({ type: 'attempt-finished', at: clock.now(), result });
    return result;
  });
  const result = summarise(plan, results, startedAt, clock.now());
  emit({ type: 'run-finished', at: clock.now(), result });
  return result;
}

async function waitFor(target: Target, plan: Plan, deps: RunDeps): Promise<AttemptResult> {
  const { clock, emit } = deps;
  const { instanceId, name } = target.instance;
  const evidence: string[] = [];
  const notice = (message: string, proof: string | null): void => {
    if (proof !== null) evidence.push(proof);
    emit({ type: 'notice', at: clock.now(), instanceId, message });
  };
  const timeline = new Timeline({ instanceId, clock, emit, onStep: () => undefined });
  const whereabouts = new Whereabouts({ target, deps, interruption: () => null, notice });
  const line = new Line({ target, plan, deps, timeline, whereabouts, notice });
  emit({ type: 'attempt-started', at: clock.now(), instanceId });
  let outcome: Outcome = { kind: 'succeeded' };
  try {
    await line.reach();
  } catch (error) {
    const judgement = explain((await whereabouts.lookReclaimed()) ?? error, { step: timeline.step, sent: false });
    outcome = judgement.outcome;
    evidence.push(...judgement.evidence);
  } finally {
    await line.close();
  }
  timeline.end();
  const { address } = target.host;
  const rest = { remoteDir: null, rescue: null, ...NO_OUTPUTS };
  return { instanceId, name, address, outcome, evidence, steps: timeline.steps, ...rest };
}
