import type { Draft } from './draft.ts';
import { readIni } from './read-ini.ts';
import { readJson } from './read-json.ts';
import { readYaml } from './read-yaml.ts';
import { type ListedHost, resolveGroups } from './resolve.ts';

/** What an inventory file lists. */
export interface Inventory {
  /** the file as messages name it */
  readonly label: string;
  readonly hosts: readonly ListedHost[];
  /** what could not be understood, one sentence each, with its place; where there is any, the hosts do not count */
  readonly problems: readonly string[];
}

/**
 * Reads an Ansible inventory in INI, YAML or the JSON of `ansible-inventory --list`, a plain list of hosts, or what `spot
 * export` has printed; what it is follows from its ending and its first line.
 * @param label the file as messages name it
 */
export function readInventory(text: string, label: string): Inventory {
  const draft = draftOf(text.replace(/^\uFEFF/, ''), label);
  const hosts = resolveGroups(draft);
  return { label, hosts, problems: draft.problems };
}

function draftOf(text: string, label: string): Draft {
  const [first = ''] = text.split('\n').filter((line) => !/^\s*([#;].*)?$/.test(line));
  if (/^\s*\{/.test(first)) return readJson(text, label);
  return isYaml(first.trimEnd(), label) ? readYaml(text, label) : readIni(text, label);
}

/** A document mark, or a key alone on its line; a bare IPv6 address is none. */
function isYaml(firstLine: string, label: string): boolean {
  return /\.ya?ml$/i.test(label) || /^(---|%YAML)(\s|$)/.test(firstLine) || /^[^\s:[]+:(\s|$)/.test(firstLine);
}
