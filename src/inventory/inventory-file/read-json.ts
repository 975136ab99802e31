import { Draft } from './draft.ts';

type JsonMap = Readonly<Record<string, unknown>>;

/**
 * Reads what `ansible-inventory --list` or `spot export json` prints.
 * @param label the file as messages name it
 */
export function readJson(text: string, label: string): Draft {
  const draft = new Draft(label);
  const root = parse(text, draft);
  if (root === null) return draft;
  if (Array.isArray(root['instances'])) readInstances(root['instances'], draft);
  else readGroups(root, draft);
  return draft;
}

function parse(text: string, draft: Draft): JsonMap | null {
  try {
    const root: unknown = JSON.parse(text);
    if (isJsonMap(root)) return root;
    draft.problem(null, 'this is no JSON object; write: ansible-inventory -i FILE --list');
  } catch (error) {
    draft.problem(null, `this is not valid JSON: ${(error as Error).message}; correct it`);
  }
  return null;
}

function readGroups({ _meta: meta, ...groups }: JsonMap, draft: Draft): void {
  const hostvars = isJsonMap(meta) ? meta['hostvars'] : null;
  for (const [name, variables] of Object.entries(isJsonMap(hostvars) ? hostvars : {})) {
    const host = draft.host(name, null);
    if (isJsonMap(variables)) for (const [key, value] of Object.entries(variables)) host.variables.set(key, value);
  }
  for (const [name, value] of Object.entries(groups)) readGroup(name, value, draft);
}

/** A script may give the hosts of a group alone. */
function readGroup(name: string, value: unknown, draft: Draft): void {
  const group = draft.group(name, null);
  const { hosts, children, vars } = isJsonMap(value) ? value : { hosts: value, children: [], vars: {} };
  for (const host of wordsOf(hosts, `hosts of ${name}`, draft)) {
    draft.host(host, null);
    group.hosts.add(host);
  }
  for (const child of wordsOf(children, `children of ${name}`, draft)) group.children.add(child);
  for (const [key, variable] of Object.entries(isJsonMap(vars) ? vars : {})) group.variables.set(key, variable);
}

/** Our own words for the same. */
const VARIABLES: Readonly<Record<string, string>> = {
  instance_id: 'spot_instance_id',
  address: 'ansible_host',
  ssh_port: 'ansible_port',
  ssh_user: 'ansible_user',
  tags: 'spot_tags',
};

function readInstances(instances: readonly unknown[], draft: Draft): void {
  for (const instance of instances) {
    const known = isJsonMap(instance) ? instance : {};
    const id = known['instance_id'];
    if (typeof id !== 'string') {
      draft.problem(null, 'an instance has no instance_id; write it with: spot export json');
      continue;
    }
    const { variables } = draft.host(id, null);
    for (const [key, variable] of Object.entries(VARIABLES)) {
      if (known[key] !== null && known[key] !== undefined) variables.set(variable, known[key]);
    }
    if (typeof known['name'] === 'string') variables.set('spot_name', known['name']);
  }
}

function wordsOf(value: unknown, what: string, draft: Draft): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  draft.problem(null, `the ${what} are no list of names; correct them`);
  return [];
}

function isJsonMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
