/** A value of an inventory variable: text, number, boolean, null, or a list or map of these. */
export type VariableValue = unknown;

/** A host as the file has it; what its groups say of it is not in it. */
export interface DraftHost {
  readonly name: string;
  /** where it stands first: `hosts.ini:3`, or the file alone */
  readonly where: string;
  readonly variables: Map<string, VariableValue>;
}

export interface DraftGroup {
  readonly name: string;
  readonly where: string;
  readonly variables: Map<string, VariableValue>;
  readonly hosts: Set<string>;
  /** groups all of whose hosts are in it, too */
  readonly children: Set<string>;
}

/** What one inventory file says, before groups are carried over to their hosts. */
export class Draft {
  readonly label: string;
  readonly hosts = new Map<string, DraftHost>();
  readonly groups = new Map<string, DraftGroup>();
  /** what could not be understood, one sentence each, with its place */
  readonly problems: string[] = [];

  /** @param label the file as messages name it */
  constructor(label: string) {
    this.label = label;
  }

  /** `hosts.ini:3` */
  at(line: number | null): string {
    return line === null ? this.label : `${this.label}:${line}`;
  }

  problem(line: number | null, sentence: string): void {
    this.problems.push(`${this.at(line)}: ${sentence}`);
  }

  /** The host of that name, made at the first call. */
  host(name: string, line: number | null): DraftHost {
    return orMake(this.hosts, name, () => ({ name, where: this.at(line), variables: new Map() }));
  }

  /** The group of that name, made at the first call. */
  group(name: string, line: number | null): DraftGroup {
    return orMake(this.groups, name, () => ({
      name,
      where: this.at(line),
      variables: new Map(),
      hosts: new Set(),
      children: new Set(),
    }));
  }
}

/** The groups that every inventory has; they say nothing about a host. */
export const EVERYBODY = 'all';
export const UNGROUPED = 'ungrouped';

function orMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
