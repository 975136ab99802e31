import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, type Instance, isEnded, labelOf } from '../../model/instance.ts';
import { groupsOf, GROUP_TAG } from '../../inventory/tags.ts';
import { type State, viewState } from '../../state/state.ts';
import { type GlobalOptions, readConfig } from '../context.ts';
import type { Io } from '../io.ts';
import { findRun } from '../recorded-run.ts';
import type { Candidate } from './candidate.ts';
import type { Place } from './place.ts';

/** Of many runs the newest are of interest. */
const MAX_RUNS = 50;

/** Kinds for which the state file is looked at. */
export type StateKind = keyof typeof READERS;

export function isOfState(kind: unknown): kind is StateKind {
  return typeof kind === 'string' && Object.hasOwn(READERS, kind);
}

/** What the state file has of a kind; nothing where there is none, or it is elsewhere. Never makes or changes one. */
export async function candidatesOfState(kind: StateKind, place: Place, io: Io): Promise<Candidate[]> {
  const options: GlobalOptions = { color: 'never', ...place.where };
  const { stateDir, database } = await readConfig(options, io);
  const path = join(stateDir, 'state.db');
  if (database !== null || !existsSync(path)) return [];
  const state = viewState(path, { clock: io.clock });
  if (state === null) return [];
  try {
    return READERS[kind](state, place);
  } finally {
    state.close();
  }
}

const READERS = {
  instances: (state: State, { isList }: Place) => instancesOf(state.instances.list(), isList),
  members: membersOf,
  runs: (state: State) => [{ value: 'last', about: 'the newest run' }, ...runsOf(state.runs.list(MAX_RUNS))],
  'open-runs': (state: State) => runsOf(state.runs.unfinished()),
  payloads: payloadsOf,
  scripts: payloadsOf,
  'payload-names': (state: State) => distinct(state.payloads.list().map(({ name }) => ({ value: name, about: '' }))),
  tags: (state: State) => tagsOf(state.instances.list()),
  tokens: (state: State) => state.tokens.list().map(({ name }) => ({ value: name, about: '' })),
};

/** @param isSelector words like those of `--limit`, where tags count, too */
function instancesOf(fleet: readonly Instance[], isSelector: boolean): Candidate[] {
  const present = fleet.filter((instance) => !isEnded(instance));
  const labels = present.map((instance) => ({ value: labelOf(instance), about: aboutInstance(instance) }));
  const named = present.filter(({ name }) => name !== null);
  const ids = named.map((instance) => ({ value: instance.instanceId, about: labelOf(instance) }));
  return distinct([...labels, ...ids, ...(isSelector ? tagsOf(present) : [])]);
}

function aboutInstance(instance: Instance): string {
  return [instance.state, addressOf(instance) ?? 'no address'].join(', ');
}

/** `key=value`; names and what AWS tags for itself are of no use there. */
function tagsOf(fleet: readonly Instance[]): Candidate[] {
  const counts = new Map<string, number>();
  for (const { tags } of fleet) {
    for (const [key, value] of Object.entries(tags)) {
      if (/^(Name|aws:.*|spot:.*)$/.test(key)) continue;
      for (const each of key === GROUP_TAG ? groupsOf(tags) : [value]) {
        const word = `${key}=${each}`;
        counts.set(word, (counts.get(word) ?? 0) + 1);
      }
    }
  }
  return [...counts].map(([value, count]) => ({ value, about: count === 1 ? '1 instance' : `${count} instances` }));
}

/** The instances of the run that stands before. */
function membersOf(state: State, { before: [run] }: Place): Candidate[] {
  if (run === undefined) return [];
  const attempts = state.runs.attempts(findRun(run, state).id);
  return distinct(
    attempts.map(({ name, instanceId, outcome }) => ({
      value: name ?? instanceId,
      about: outcome ?? 'not ended',
    })),
  );
}

function runsOf(runs: ReturnType<State['runs']['list']>): Candidate[] {
  return runs.map(({ id, payloadName, createdAt, exitCode }) => {
    const end = exitCode === null ? 'not ended' : `exit code ${exitCode}`;
    return { value: id, about: `${payloadName}, ${createdAt.slice(0, 16).replace('T', ' ')} UTC, ${end}` };
  });
}

function payloadsOf(state: State): Candidate[] {
  return distinct(
    state.payloads.list().flatMap(({ name, version, isActive }) => [
      { value: name, about: 'payload' },
      { value: `${name}@${version}`, about: isActive ? 'payload, the active version' : 'payload' },
    ]),
  );
}

function distinct(candidates: readonly Candidate[]): Candidate[] {
  return [
    ...new Map(candidates.map((candidate) => [candidate.value, candidate] as const).reverse()).values(),
  ].reverse();
}
