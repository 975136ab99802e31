import type { RegionSync } from '../fleet/sync.ts';
import type { Instance } from '../model/instance.ts';
import { harmless } from '../report/text.ts';
import { groupBy } from '../util/group-by.ts';
import { formatAge, formatDuration } from '../util/format.ts';
import { namesOf } from './several.ts';

/** What a look at a region has changed, or null: `us-east-1: 2 added (web-3, web-4), 1 gone (web-1)`. */
export function describeChanges({ region, added, changed, gone }: RegionSync): string | null {
  const lists: [string, readonly Instance[]][] = [
    ['added', added],
    ['changed', changed],
    ['gone', gone],
  ];
  const facts = lists.flatMap(([word, list]) =>
    list.length === 0 ? [] : [`${list.length} ${word} (${namesOf(list)})`],
  );
  return facts.length === 0 ? null : `${region}: ${facts.join(', ')}`;
}

/** `us-east-1: 2 added (web-3, web-4), 9 unchanged in 320 ms`. */
export function describeSync(sync: RegionSync): string {
  const changes = describeChanges(sync);
  const count = sync.unchanged.length;
  const time = `in ${formatDuration(sync.ms)}`;
  if (changes !== null) return `${changes}${count === 0 ? '' : `, ${count} unchanged`} ${time}`;
  return `${sync.region}: ${count === 0 ? 'no instance' : `${count} unchanged`} ${time}`;
}

/** Rows of the user's stand where EC2 has something, too. */
export function describeByHand({ byHand }: RegionSync): string | null {
  if (byHand.length === 0) return null;
  const ids = byHand.map(({ instanceId }) => instanceId).join(' ');
  const verb = byHand.length === 1 ? 'was added by hand and is' : 'were added by hand and are';
  return `${namesOf(byHand)} ${verb} left alone; to have it from EC2: spot remove ${ids} && spot sync`;
}

export interface LastSeen {
  readonly lastOf: (region: string) => string | null;
  /** ms since the epoch */
  readonly now: number;
}

/**
 * Why regions could not be looked up, each reason once, and how old what is known of them is:
 * `…; us-east-1 is as last seen 3 min ago`.
 */
export function describeProblems(syncs: readonly RegionSync[], lastSeen: LastSeen): string[] {
  const missed = syncs.flatMap(({ region, problem }) =>
    problem === null ? [] : [{ region, message: problem.message }],
  );
  return [...groupBy(missed, ({ message }) => message)].map(([message, some]) => {
    const where = some.map(({ region }) => region);
    return `${harmless(message)}; ${describeAges(where, lastSeen)}`;
  });
}

/** `us-east-1, us-west-2 are as last seen 3 min ago; eu-west-1 was never looked up`. */
export function describeAges(regions: readonly string[], { lastOf, now }: LastSeen): string {
  const byAge = groupBy(regions, (region) => {
    const last = lastOf(region);
    return last === null ? null : formatAge(now - Date.parse(last));
  });
  const facts = [...byAge].map(([age, some]) => {
    const [is, was] = some.length === 1 ? ['is', 'was'] : ['are', 'were'];
    return `${some.join(', ')} ${age === null ? `${was} never looked up` : `${is} as last seen ${age}`}`;
  });
  return facts.join('; ');
}

/** What `spot sync --json` shows. */
export function syncDocument(syncs: readonly RegionSync[], exitCode: number, { lastOf }: LastSeen): unknown {
  const idsOf = (instances: readonly Instance[]): string[] => instances.map(({ instanceId }) => instanceId);
  return {
    schema: 1,
    regions: syncs.map((sync) => ({
      region: sync.region,
      synced_at: lastOf(sync.region),
      duration_ms: sync.ms,
      added: idsOf(sync.added),
      changed: idsOf(sync.changed),
      gone: idsOf(sync.gone),
      unchanged: idsOf(sync.unchanged),
      by_hand: idsOf(sync.byHand),
      error: sync.problem === null ? null : { code: sync.problem.code, message: sync.problem.message },
    })),
    exit_code: exitCode,
  };
}
