import type { Plan } from '../model/plan.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import type { RunDeps } from './deps.ts';
import { recordedWords } from './last-words.ts';
import { Pace } from './pace.ts';
import { type Earlier, executionMs, Stragglers } from './stragglers.ts';

/** Whoever looks for stragglers in a run, or nobody. */
export type StragglerWatch = Pick<Stragglers, 'deps' | 'attend' | 'close'>;

/** Looks for the stragglers of a run from its beginning. */
export function watchStragglers(plan: Plan, deps: RunDeps): StragglerWatch {
  const { stragglers: rule, rollout, targets } = plan;
  if (rule === undefined) return nobody(deps);
  const pace = new Pace(rule.after);
  // of several waves each one is announced
  if (rollout.waves.length < 2) pace.expect(targets.length);
  return new Stragglers({ rule, pace, deps });
}

/**
 * The same for a run that is taken up: the pace is that of the scripts that ended before, and nothing is done but to tell.
 * @param recorded all attempts of the run
 */
export function watchTakenUp(plan: Plan, recorded: readonly AttemptRecord[], deps: RunDeps): StragglerWatch {
  if (plan.stragglers === undefined) return nobody(deps);
  const pace = new Pace(plan.stragglers.after);
  for (const { outcome, steps } of recorded) {
    if (outcome === null || outcome === 'succeeded') pace.expect(1);
    if (outcome === 'succeeded') pace.succeeded(executionMs(steps));
  }
  const open = new Map(recorded.flatMap((record) => (record.outcome === null ? [[record.instanceId, record]] : [])));
  const earlier = (instanceId: string): Earlier | null => {
    const startedAt = open.get(instanceId)?.startedAt ?? null;
    if (startedAt === null) return null;
    return { since: Date.parse(startedAt), said: recordedWords(deps.logsDir, instanceId) };
  };
  return new Stragglers({ rule: { ...plan.stragglers, action: 'report' }, pace, deps, earlier });
}

function nobody(deps: RunDeps): StragglerWatch {
  return { deps, attend: (_instanceId, work) => work(deps), close: () => undefined };
}
