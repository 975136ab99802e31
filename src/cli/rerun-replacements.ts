import { findReplacements, type Replacement, type Replacements } from '../fleet/replacements.ts';
import { selectInstances } from '../inventory/select.ts';
import { noInstanceError } from '../model/errors.ts';
import type { Instance } from '../model/instance.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { describeAgain, type RerunSelection } from './rerun-selection.ts';
import { nameAndId, namesAndIds } from './several.ts';

/** What is run on again, with those that stand in for reclaimed instances. */
export interface ReplacedSelection extends RerunSelection, Omit<Replacements, 'pairs'> {
  /** those that lack what was run */
  readonly due: readonly Replacement[];
  /** those that have it by now */
  readonly done: readonly Replacement[];
}

export interface ReplacementFacts {
  readonly attempts: readonly AttemptRecord[];
  readonly fleet: readonly Instance[];
  /** of instances from EC2 those that are looked at */
  readonly tags: Readonly<Record<string, string>>;
  /** ids of the instances on which the same has succeeded */
  readonly had: ReadonlySet<string>;
}

/** Chooses the replacements of the reclaimed instances that a selection found gone. */
export function withReplacements(selection: RerunSelection, facts: ReplacementFacts): ReplacedSelection {
  const { attempts, fleet, tags, had } = facts;
  const outcomes = new Map(attempts.map(({ instanceId, outcome }) => [instanceId, outcome]));
  const gone = selection.notReady.map(({ instance }) => instance);
  const lost = gone.filter(({ instanceId }) => outcomes.get(instanceId) === 'reclaimed');
  const strangers = fleet.filter(({ instanceId }) => !outcomes.has(instanceId));
  const candidates = selectInstances(strangers, { limit: [], exclude: [], tags }).chosen;
  const { pairs, unreplaced, surplus } = findReplacements(lost, candidates);
  const done = pairs.filter(({ instance }) => had.has(instance.instanceId));
  const due = pairs.filter((pair) => !done.includes(pair));
  const isChosen = new Set(due.map(({ instance }) => instance));
  const standIns = new Map(pairs.map((pair) => [pair.lost, pair.instance]));
  return {
    chosen: [...selection.chosen, ...isChosen],
    skipped: selection.skipped
      .filter(({ instance }) => !isChosen.has(instance))
      .map((skip) => {
        const standIn = standIns.get(skip.instance);
        return standIn === undefined ? skip : { ...skip, reason: `replaced by ${standIn.instanceId}` };
      }),
    notReady: selection.notReady.filter(({ instance }) => !standIns.has(instance)),
    ...{ due, done, unreplaced, surplus },
  };
}

/** @throws SpotError (exit 69) where reclaimed instances are all there is, and nobody stands in for one of them yet */
export function requireReplacements(runId: string, selection: ReplacedSelection): void {
  const { chosen, unreplaced, done } = selection;
  if (chosen.length > 0) return;
  if (unreplaced.length > 0) {
    const message = `run ${runId}: nobody stands in yet for ${namesAndIds(unreplaced)}; run spot create, or wait for your fleet and then: spot sync`;
    throw noInstanceError('no-replacement', message);
  }
  if (done.length === 0) return;
  const names = namesAndIds(done.map(({ instance }) => instance));
  throw noInstanceError(
    'nothing-to-rerun',
    `run ${runId}: those that stand in for its reclaimed instances have it: ${names}`,
  );
}

/** What a person should know before it begins. */
export function warningsOf({ chosen, unreplaced, surplus }: ReplacedSelection): string[] {
  if (chosen.length === 0) return [];
  return [
    ...(unreplaced.length === 0 ? [] : [`nobody stands in yet for ${namesAndIds(unreplaced)}`]),
    ...(surplus.length === 0 ? [] : [`left out, as there are more than were reclaimed: ${namesAndIds(surplus)}`]),
  ];
}

/** `3 instances of run …: 0 again, 1 replaced, 2 not chosen; web (i-2) in place of web (i-1)` */
export function describeReplaced(runId: string, count: number, selection: ReplacedSelection): string {
  const { chosen, notReady, due, done } = selection;
  const own = { chosen: chosen.slice(0, chosen.length - due.length), notReady };
  const pairs = due.map(({ lost, instance }) => `${nameAndId(instance)} in place of ${nameAndId(lost)}`);
  return [describeAgain(runId, count, own, due.length + done.length), ...pairs].join('; ');
}
