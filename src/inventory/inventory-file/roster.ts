import { EC2_SOURCE, type Instance, isEnded, labelOf, newInstance } from '../../model/instance.ts';
import { isoTime } from '../../util/clock.ts';
import { formatHostPort } from '../host-spec.ts';
import { DEFAULT_SSH_PORT, idOf, MANUAL_SOURCE } from '../manual.ts';
import { groupsOf, GROUP_TAG } from '../tags.ts';
import { labelList } from './label-list.ts';
import type { PlacedHost } from './place-of.ts';

/** Who is in the inventory files, as instances. */
export interface Roster {
  /** the files as messages name them: `hosts.ini`, `hosts.ini, more.yml` */
  readonly label: string;
  /** by id, in the order of the files; their tag `group` holds the groups of the files, too */
  readonly members: ReadonlyMap<string, Instance>;
  /** rows to write for members that are new, or that the file corrects, by id */
  readonly rows: ReadonlyMap<string, Instance>;
  /** one sentence each */
  readonly warnings: readonly string[];
  /** what keeps the files from being used, one sentence each */
  readonly problems: readonly string[];
}

/**
 * Finds the hosts of inventory files among the instances, by id, by name, or by address and port, and makes rows of the
 * others. What counts where both say something else: of a host by hand the file, as whoever edits it means it; of an
 * instance from EC2 the state, which is younger.
 * @param now ms since the epoch
 */
export function makeRoster(
  label: string,
  hosts: readonly PlacedHost[],
  fleet: readonly Instance[],
  now: number,
): Roster {
  const index = new FleetIndex(fleet);
  const members = new Map<string, Instance>();
  const rows = new Map<string, Instance>();
  const problems: string[] = [];
  const stale: Instance[] = [];
  const twice: string[] = [];
  const takenFor = new Map<string, string>();
  for (const host of hosts) {
    const known = index.find(host);
    if (typeof known === 'string') {
      problems.push(`${host.listed.where}: ${known}`);
      continue;
    }
    const { row, asRow, isStale } = adopt(host, known, isoTime(now));
    const first = takenFor.get(row.instanceId);
    if (first !== undefined && first !== host.name) twice.push(`${host.name} (as ${first})`);
    takenFor.set(row.instanceId, first ?? host.name);
    if (isStale) stale.push(row);
    if (asRow !== null && first === undefined) rows.set(row.instanceId, asRow);
    members.set(row.instanceId, withGroups(members.get(row.instanceId) ?? row, host.listed.groups));
  }
  return { label, members, rows, warnings: warningsOf(label, stale, twice), problems };
}

interface Adopted {
  /** as this run takes it */
  readonly row: Instance;
  /** as it is to be written; null where that is not needed */
  readonly asRow: Instance | null;
  /** the file says something else of an instance from EC2 */
  readonly isStale: boolean;
}

function adopt(host: PlacedHost, known: Instance | null, now: string): Adopted {
  if (known === null) {
    const row = newRow(host, now);
    return { row, asRow: row, isStale: false };
  }
  const isOther = contradictionsOf(host, known);
  const isFromEc2 = known.source === EC2_SOURCE;
  const asRow = isFromEc2 || !isOther.some(Boolean) ? null : { ...corrected(host, known, isOther), updatedAt: now };
  return { row: completed(host, asRow ?? known), asRow, isStale: isFromEc2 && isOther.some(Boolean) };
}

/** What the state does not say, the file says for this once. */
function completed({ user, port }: PlacedHost, known: Instance): Instance {
  return { ...known, sshUser: known.sshUser ?? user, sshPort: known.sshPort ?? port };
}

/** Whether the file says another address, port and user than the state. */
function contradictionsOf(host: PlacedHost, known: Instance): readonly [boolean, boolean, boolean] {
  const addresses = [known.publicIp, known.privateIp].filter((each) => each !== null);
  return [
    host.isAddressGiven && addresses.length > 0 && !addresses.includes(host.address),
    contradicts(host.port, known.sshPort ?? DEFAULT_SSH_PORT),
    contradicts(host.user, known.sshUser),
  ];
}

/** Null says nothing. */
function contradicts<T>(said: T | null, known: T | null): boolean {
  return said !== null && known !== null && said !== known;
}

function corrected(
  host: PlacedHost,
  known: Instance,
  [isElsewhere, hasOtherPort, hasOtherUser]: readonly [boolean, boolean, boolean],
): Instance {
  return {
    ...known,
    publicIp: isElsewhere ? host.address : known.publicIp,
    sshPort: hasOtherPort ? host.port : known.sshPort,
    sshUser: hasOtherUser ? host.user : known.sshUser,
  };
}

/** As `spot add` makes it. */
function newRow(host: PlacedHost, now: string): Instance {
  const { name, address, port, user, tags, listed } = host;
  const instanceId = host.instanceId ?? idOf(host);
  const known = { source: MANUAL_SOURCE, publicIp: address, sshPort: port, sshUser: user };
  const groups = listed.groups.length === 0 ? {} : { [GROUP_TAG]: listed.groups.join(',') };
  const isNamed = name !== instanceId && (name !== address || name === listed.name);
  return newInstance(instanceId, { ...known, name: isNamed ? name : null, tags: tags ?? groups }, now);
}

function withGroups(instance: Instance, groups: readonly string[]): Instance {
  const all = [...new Set([...groupsOf(instance.tags), ...groups])];
  return all.length === 0 ? instance : { ...instance, tags: { ...instance.tags, [GROUP_TAG]: all.join(',') } };
}

function warningsOf(label: string, stale: readonly Instance[], twice: readonly string[]): string[] {
  const warnings: string[] = [];
  if (stale.length > 0) {
    const who = labelList(stale.map(labelOf));
    warnings.push(
      `${label} says of ${who} another address, port or user than the state, which counts for instances from EC2`,
    );
  }
  if (twice.length > 0)
    warnings.push(`${label} names some instances more than once, each is taken once: ${labelList(twice)}`);
  return warnings;
}

/** Instances by what a file may call them. */
class FleetIndex {
  readonly #byId: ReadonlyMap<string, Instance>;
  readonly #byName = new Map<string, Instance[]>();
  readonly #byPlace = new Map<string, Instance[]>();

  constructor(fleet: readonly Instance[]) {
    this.#byId = new Map(fleet.map((instance) => [instance.instanceId, instance]));
    for (const instance of fleet) {
      if (instance.name !== null) push(this.#byName, instance.name, instance);
      for (const address of new Set([instance.publicIp, instance.privateIp])) {
        if (address !== null) push(this.#byPlace, placeOf(address, instance.sshPort), instance);
      }
    }
  }

  /** @returns null where nobody is meant, a sentence where it cannot be told who */
  find(host: PlacedHost): Instance | string | null {
    const { instanceId, name, listed } = host;
    if (instanceId !== null) return this.#byId.get(instanceId) ?? null;
    const byId = this.#byId.get(listed.name) ?? this.#byId.get(name);
    if (byId !== undefined) return byId;
    const place = placeOf(host.address, host.port);
    const named = this.#byName.get(name);
    if (named !== undefined) return only(named, place, `the name ${name}`);
    const there = this.#byPlace.get(place);
    if (there !== undefined) return only(there, place, place);
    if (/^i-[0-9a-f]{8,}$/.test(name) && !host.isAddressGiven)
      return `there is no instance ${name}; look for it with: spot sync`;
    return null;
  }
}

/** One that is gone gives way to one that is there, and an address decides between two of a name. */
function only(found: readonly Instance[], place: string, what: string): Instance | string {
  const [first, ...more] = found;
  if (first !== undefined && more.length === 0) return first;
  const present = found.filter((instance) => !isEnded(instance));
  if (present.length === 0) return found.at(-1) as Instance;
  const there = present.filter(({ publicIp, privateIp, sshPort }) =>
    [publicIp, privateIp].some((address) => address !== null && placeOf(address, sshPort) === place),
  );
  const [one, ...others] = there.length > 0 ? there : present;
  if (one !== undefined && others.length === 0) return one;
  return `${what} means ${labelList(present.map(({ instanceId }) => instanceId))}; write the id`;
}

function placeOf(address: string, port: number | null): string {
  return formatHostPort(address, port ?? DEFAULT_SSH_PORT);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
