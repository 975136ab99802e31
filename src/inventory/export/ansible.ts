import { labelOf } from '../../model/instance.ts';
import { GROUP_TAG, groupsOf } from '../tags.ts';
import type { Exported } from './exported.ts';

/** Each instance would be in a group of its own. */
const NOT_GROUPED = /^(Name|aws:.*|spot:.*)$/;

/**
 * An inventory in Ansible's YAML: a group for each tag, `role_web` for `role=web`. Ansible fills in templates wherever it reads
 * text, so whatever looks like one is marked as `!unsafe`.
 */
export function ansibleInventory(exported: readonly Exported[]): string {
  const groups = groupsOfTags(exported);
  const names = hostNames(exported, [...groups.keys()]);
  const lines = ['# written by: spot export ansible', 'all:', '  hosts:'];
  exported.forEach((each, index) => lines.push(...hostLines(each, names[index] as string)));
  if (exported.length === 0) lines[lines.length - 1] = '  hosts: {}';
  if (groups.size > 0) lines.push('  children:');
  for (const [group, members] of groups) {
    lines.push(`    ${group}:`, '      hosts:');
    for (const member of members) lines.push(`        ${word(names[member] as string)}: {}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Ansible has ssh connect, which reads ssh_config for the address and the way to it by itself. */
function hostLines({ instance, address, hop }: Exported, name: string): string[] {
  const { instanceId, tags } = instance;
  const variables: (readonly [string, string])[] = [
    ['ansible_host', word(address)],
    ['ansible_port', String(hop.port)],
    ['ansible_user', word(hop.user)],
    ...hop.identityFiles.slice(0, 1).map((file) => ['ansible_ssh_private_key_file', word(file)] as const),
    ['spot_instance_id', word(instanceId)],
    ...(instance.name === null ? [] : [['spot_name', word(instance.name)] as const]),
    ['spot_tags', mapText(tags)],
  ];
  return [`    ${word(name)}:`, ...variables.map(([key, value]) => `      ${key}: ${value}`)];
}

/** Who is in which group: places in the list of the exported. */
function groupsOfTags(exported: readonly Exported[]): Map<string, Set<number>> {
  const groups = new Map<string, Set<number>>();
  /** what a name stands for: two tags may become one word */
  const meanings = new Map<string, string>();
  for (const [place, { instance }] of exported.entries()) {
    for (const [wanted, meaning] of wantedGroups(instance.tags)) {
      let name = wanted;
      for (let number = 2; (meanings.get(name) ?? meaning) !== meaning; number += 1) name = `${wanted}_${number}`;
      meanings.set(name, meaning);
      groups.set(name, (groups.get(name) ?? new Set()).add(place));
    }
  }
  return groups;
}

/** Groups of an inventory file keep their names. */
function wantedGroups(tags: Readonly<Record<string, string>>): [name: string, meaning: string][] {
  const own = groupsOf(tags).map((group): [string, string] => [groupName(group), `${GROUP_TAG}=${group}`]);
  const others = Object.entries(tags).filter(([key]) => key !== GROUP_TAG && !NOT_GROUPED.test(key));
  return [...own, ...others.map(([key, value]): [string, string] => [groupName(`${key}_${value}`), `${key}=${value}`])];
}

/** What Ansible takes for the name of a group. */
function groupName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[A-Za-z_]/.test(name) && !['all', 'ungrouped'].includes(name) ? name : `_${name}`;
}

/** What Ansible takes for the name of a host, each once: no range, no port, no pattern. */
function hostNames(exported: readonly Exported[], groups: readonly string[]): string[] {
  const taken = new Set(['all', 'ungrouped', 'localhost', ...groups]);
  return exported.map(({ instance }) => {
    const label = hostName(labelOf(instance));
    const withId = hostName(`${label}-${instance.instanceId}`);
    let name = taken.has(label) ? withId : label;
    for (let number = 2; taken.has(name); number += 1) name = `${withId}-${number}`;
    taken.add(name);
    return name;
  });
}

function hostName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9._-]/g, '_');
  return /^[A-Za-z0-9]/.test(name) ? name : `_${name}`;
}

function mapText(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${word(key)}: ${word(value)}`);
  return `{${pairs.join(', ')}}`;
}

/** Text in YAML: JSON is a part of it. */
function word(text: string): string {
  const quoted = JSON.stringify(text).replace(/[\u007F-\u009F\u2028\u2029\uFEFF]/g, escaped);
  return /\{[{%#]/.test(text) ? `!unsafe ${quoted}` : quoted;
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
