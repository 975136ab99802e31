import { isIPv6 } from 'node:net';
import { Draft, EVERYBODY, UNGROUPED } from './draft.ts';
import { expandHostRange } from './host-range.ts';
import { iniValue, splitIniWords } from './ini-words.ts';

type Kind = 'hosts' | 'children' | 'vars';

interface Section {
  readonly group: string;
  readonly kind: Kind;
}

/**
 * Reads an inventory in Ansible's INI format. A plain list of hosts is one, too: one a line, in no section.
 * @param label the file as messages name it
 */
export function readIni(text: string, label: string): Draft {
  const draft = new Draft(label);
  let section: Section | null = { group: UNGROUPED, kind: 'hosts' };
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (isHeading(line)) section = readHeading(line, index + 1, draft);
    else if (section !== null) READERS[section.kind](line, section.group, index + 1, draft);
  }
  refuseUnknownChildren(draft);
  return draft;
}

const READERS: Record<Kind, (line: string, group: string, number: number, draft: Draft) => void> = {
  hosts: readHosts,
  children: readChild,
  vars: readVariable,
};

/** An IPv6 address in brackets is a host. */
function isHeading(line: string): boolean {
  const [, inner] = /^\[([^\]]*)\]\s*(?:#.*)?$/.exec(line) ?? [];
  return inner !== undefined && !isIPv6(inner);
}

/** @returns null where it cannot be read: the lines below it would be misunderstood, too */
function readHeading(line: string, number: number, draft: Draft): Section | null {
  const [, name = '', , kind = 'hosts'] = /^\[\s*([^:\]\s]+)\s*(:\s*(\w+)\s*)?\]/.exec(line) ?? [];
  if (name !== '' && ['hosts', 'children', 'vars'].includes(kind)) {
    if (kind !== 'vars') draft.group(name, number);
    return { group: name, kind: kind as Kind };
  }
  draft.problem(number, `cannot read the section ${line}; write [group], [group:children] or [group:vars]`);
  return null;
}

function readHosts(line: string, group: string, number: number, draft: Draft): void {
  const words = splitIniWords(line);
  if (words === null) return draft.problem(number, 'a quote is not closed; close it');
  const [pattern = '', ...assignments] = words;
  const names = expandHostRange(pattern);
  if (typeof names === 'string') return draft.problem(number, names);
  const stray = assignments.find((word) => !/^[^=]+=/.test(word));
  if (stray !== undefined) {
    return draft.problem(
      number,
      `'${stray}' is no key=value behind a host; write one host a line, variables as key=value`,
    );
  }
  for (const name of names) {
    const host = draft.host(name, number);
    for (const word of assignments) host.variables.set(...splitAt(word, word.indexOf('=')));
    draft.group(group, number).hosts.add(name);
  }
}

function readChild(line: string, group: string, number: number, draft: Draft): void {
  const [name = '', ...more] = splitIniWords(line) ?? [];
  if (name === '' || more.length > 0) return draft.problem(number, 'here stands one group a line, without variables');
  draft.group(group, number).children.add(name);
}

function readVariable(line: string, group: string, number: number, draft: Draft): void {
  const middle = line.indexOf('=');
  if (middle < 1) return draft.problem(number, `'${line}' is no key=value; here stand variables of the group ${group}`);
  draft.group(group, number).variables.set(line.slice(0, middle).trim(), iniValue(line.slice(middle + 1)));
}

function refuseUnknownChildren(draft: Draft): void {
  for (const { name, where, children } of [...draft.groups.values()]) {
    for (const child of children) {
      if (draft.groups.has(child) || child === EVERYBODY || child === UNGROUPED) continue;
      draft.problems.push(
        `${where}: the group ${name} has the child ${child}, which is no group; add [${child}], or leave it out`,
      );
    }
  }
}

function splitAt(word: string, middle: number): [string, string] {
  return [word.slice(0, middle), word.slice(middle + 1)];
}
