import { selectInstances } from '../inventory/select.ts';
import { noInstanceError } from '../model/errors.ts';
import { type Instance, labelOf, newInstance, type Selection, type Skip } from '../model/instance.ts';
import { OUTCOME_KINDS, type OutcomeKind } from '../model/outcome.ts';
import { outcomeWord } from '../report/words.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { plural } from '../util/format.ts';
import { MAX_NAMED } from './several.ts';

/** Flags that choose instances by what became of them; several add up. */
export interface OutcomeFlags {
  readonly failed?: boolean;
  readonly unreachable?: boolean;
  readonly lost?: boolean;
  readonly reclaimed?: boolean;
  readonly all?: boolean;
}

const KINDS: Readonly<Record<keyof OutcomeFlags, readonly OutcomeKind[]>> = {
  failed: ['failed', 'killed', 'timed-out', 'cancelled'],
  unreachable: ['unreachable', 'rejected'],
  lost: ['lost'],
  reclaimed: ['reclaimed'],
  all: OUTCOME_KINDS,
};

/** Without a flag: all that did not succeed. */
export function kindsFor(flags: OutcomeFlags): readonly OutcomeKind[] {
  const given = (Object.keys(KINDS) as (keyof OutcomeFlags)[]).filter((flag) => flags[flag]);
  return given.length === 0
    ? OUTCOME_KINDS.filter((kind) => kind !== 'succeeded')
    : given.flatMap((flag) => KINDS[flag]);
}

/** What is run on again. */
export interface RerunSelection extends Selection {
  /** those of `skipped` that should have been run on, and cannot be now */
  readonly notReady: readonly Skip[];
}

/**
 * Chooses the instances of a run with these outcomes, as they are now, in the order of the run; every other instance of
 * the fleet is left out with its reason. One whose attempt is open is left out whatever the outcomes: its script may run.
 */
export function selectAgain(
  runId: string,
  attempts: readonly AttemptRecord[],
  kinds: readonly OutcomeKind[],
  fleet: readonly Instance[],
): RerunSelection {
  const known = new Map(fleet.map((instance) => [instance.instanceId, instance]));
  const meant = attempts.filter(({ outcome }) => outcome !== null && kinds.includes(outcome));
  const there = meant.flatMap(({ instanceId }) => known.get(instanceId) ?? []);
  const { chosen, skipped } = selectInstances(there, { limit: [], exclude: [] });
  const gone = meant.filter(({ instanceId }) => !known.has(instanceId)).map(removed);
  const notReady = [...skipped, ...gone];
  const outcomes = new Map(attempts.map(({ instanceId, outcome }) => [instanceId, outcome]));
  const isMeant = new Set(meant.map(({ instanceId }) => instanceId));
  const others = fleet.filter(({ instanceId }) => !isMeant.has(instanceId));
  const leftOut = others.map((instance) => {
    const outcome = outcomes.get(instance.instanceId);
    return { instance, reason: reasonOf(outcome, runId) };
  });
  return { chosen, skipped: [...notReady, ...leftOut], notReady };
}

function removed({ instanceId, name, host }: AttemptRecord): Skip {
  return { instance: newInstance(instanceId, { name, publicIp: host.address }), reason: 'removed' };
}

/** @param outcome undefined where the instance was not in the run */
function reasonOf(outcome: OutcomeKind | null | undefined, runId: string): string {
  if (outcome === undefined) return `not in run ${runId}`;
  return `${outcome === null ? 'open' : outcomeWord(outcome)} in run ${runId}`;
}

/** @throws SpotError (exit 69) where nothing is left to run on */
export function requireAgain(runId: string, { chosen, notReady }: RerunSelection, outcomes: string): void {
  if (chosen.length > 0) return;
  if (notReady.length === 0) {
    const message = `run ${runId} has no instance to run on again (${outcomes}); --all takes every one that has ended`;
    throw noInstanceError('nothing-to-rerun', message);
  }
  const what = plural(notReady.length, 'instance');
  const message = `run ${runId} has ${what} to run on again, and none is ready: ${describeSkips(notReady)}; see: spot list`;
  throw noInstanceError('none-ready', message);
}

/**
 * `3 instances of run …: 2 again, 1 left out`
 * @param replaced so many of the run's instances, whose replacements are not among those chosen here
 */
export function describeAgain(
  runId: string,
  count: number,
  { chosen, notReady }: Pick<RerunSelection, 'chosen' | 'notReady'>,
  replaced = 0,
): string {
  const others = count - chosen.length - notReady.length - replaced;
  const facts = [
    `${chosen.length} again`,
    ...(replaced === 0 ? [] : [`${replaced} replaced`]),
    ...(notReady.length === 0 ? [] : [`${notReady.length} not ready`]),
    ...(others === 0 ? [] : [`${others} not chosen`]),
  ];
  return `${plural(count, 'instance')} of run ${runId}: ${facts.join(', ')}`;
}

/** `db-1 (stopped), web-9 (removed)`, of many the first ones. */
export function describeSkips(skips: readonly Skip[]): string {
  const named = skips.slice(0, MAX_NAMED).map(({ instance, reason }) => `${labelOf(instance)} (${reason})`);
  return named.join(', ') + (skips.length > MAX_NAMED ? ` … and ${skips.length - MAX_NAMED} more` : '');
}
