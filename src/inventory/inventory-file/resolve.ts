import { type Draft, type DraftGroup, EVERYBODY, UNGROUPED, type VariableValue } from './draft.ts';

/** A host with all that the file says of it. */
export interface ListedHost {
  readonly name: string;
  readonly where: string;
  /** every group it is in, by way of others, too; without `all` and `ungrouped`; sorted */
  readonly groups: readonly string[];
  /** its own, and those of its groups: what is nearer to the host counts */
  readonly variables: ReadonlyMap<string, VariableValue>;
}

/** What all groups of a host say together. */
interface Inherited {
  readonly groups: readonly string[];
  readonly variables: ReadonlyMap<string, VariableValue>;
}

/** Carries the variables of groups over to their hosts, as Ansible does; adds to the problems of the draft. */
export function resolveGroups(draft: Draft): ListedHost[] {
  const parents = parentsOf(draft);
  const depths = depthsOf(draft, parents);
  const direct = directGroupsOf(draft);
  const known = new Map<string, Inherited>();
  return [...draft.hosts.values()].map(({ name, where, variables }) => {
    const own = direct.get(name) ?? [];
    const key = own.join('\n');
    const inherited = known.get(key) ?? inherit(own, draft, parents, depths);
    known.set(key, inherited);
    return { name, where, groups: inherited.groups, variables: new Map([...inherited.variables, ...variables]) };
  });
}

function inherit(
  own: readonly string[],
  draft: Draft,
  parents: ReadonlyMap<string, readonly string[]>,
  depths: ReadonlyMap<string, number>,
): Inherited {
  const names = [...ancestorsOf([EVERYBODY, ...own], parents)].sort(
    (a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0) || (a < b ? -1 : 1),
  );
  const groups = names.map((name) => draft.groups.get(name)).filter((group) => group !== undefined);
  return {
    groups: names.filter((name) => name !== EVERYBODY && name !== UNGROUPED).sort(),
    variables: new Map(groups.flatMap(({ variables }) => [...variables])),
  };
}

function parentsOf({ groups }: Draft): Map<string, string[]> {
  const parents = new Map<string, string[]>();
  for (const { name, children } of groups.values()) {
    for (const child of children) parents.set(child, [...(parents.get(child) ?? []), name]);
  }
  return parents;
}

/** The longest way down from `all`; a circle is a problem, and ends. */
function depthsOf(draft: Draft, parents: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const depths = new Map<string, number>([[EVERYBODY, 0]]);
  const depthOf = (group: DraftGroup, trail: readonly string[]): number => {
    const known = depths.get(group.name);
    if (known !== undefined) return known;
    if (trail.includes(group.name)) {
      draft.problems.push(
        `${group.where}: the group ${group.name} is a child of its own; leave it out of one of the two`,
      );
      return 0;
    }
    const above = (parents.get(group.name) ?? [])
      .map((name) => draft.groups.get(name))
      .filter((one) => one !== undefined);
    const depth = 1 + Math.max(0, ...above.map((parent) => depthOf(parent, [...trail, group.name])));
    depths.set(group.name, depth);
    return depth;
  };
  for (const group of draft.groups.values()) depthOf(group, []);
  return depths;
}

function ancestorsOf(names: readonly string[], parents: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...(parents.get(name) ?? []));
  }
  return found;
}

function directGroupsOf({ groups }: Draft): Map<string, string[]> {
  const direct = new Map<string, string[]>();
  for (const { name, hosts } of groups.values()) {
    for (const host of hosts) {
      const known = direct.get(host);
      if (known === undefined) direct.set(host, [name]);
      else known.push(name);
    }
  }
  return direct;
}
