import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Config } from '../config/config.ts';
import { describeNotCarriedOut } from '../inventory/inventory-file/not-carried-out.ts';
import { placeOf, type PlacedHost } from '../inventory/inventory-file/place-of.ts';
import { type Inventory, readInventory } from '../inventory/inventory-file/read-inventory.ts';
import { makeRoster, type Roster } from '../inventory/inventory-file/roster.ts';
import { inputError } from '../model/errors.ts';
import type { Instance } from '../model/instance.ts';
import { harmless } from '../report/text.ts';
import { reasonOf } from '../util/system-error.ts';
import type { Io } from './io.ts';

export { selectListed } from '../inventory/inventory-file/select-listed.ts';

const STDIN = '-';
/** More would fill the screen. */
const MAX_PROBLEMS = 10;

/**
 * Who is in the inventory files; says on stderr what in them does not happen.
 * @throws SpotError (exit 66) for a file that cannot be read or understood, with a line for each problem, or that names nobody
 */
export async function readRoster(
  paths: readonly string[],
  fleet: readonly Instance[],
  config: Config,
  io: Io,
): Promise<Roster> {
  const inventories: Inventory[] = [];
  for (const path of paths) inventories.push(readInventory(await readSource(path, io), labelFor(path)));
  refuse(inventories.flatMap(({ problems }) => problems));
  const listed = inventories.flatMap(({ hosts }) => hosts);
  const label = inventories.map((inventory) => inventory.label).join(', ');
  if (listed.length === 0) throw inputError('inventory-empty', `${harmless(label)} names no host; write one a line`);
  const placed = listed.map(placeOf);
  refuse(placed.filter((place) => typeof place === 'string'));
  const hosts = placed.filter((place): place is PlacedHost => typeof place !== 'string');
  const roster = makeRoster(label, hosts, fleet, io.clock.now());
  refuse(roster.problems);
  const ignored = describeNotCarriedOut(listed, config.aws.privateSshKeyPath, io.home);
  for (const warning of [...ignored, ...roster.warnings, ...variablesBeside(paths, io)]) {
    io.stderr.write(`spot: warning: ${harmless(warning)}\n`);
  }
  return roster;
}

async function readSource(path: string, io: Io): Promise<string> {
  if (path === STDIN) return text(io.stdin);
  const file = resolve(io.cwd, path);
  try {
    const content = readFileSync(file, 'utf8');
    if (content.startsWith('#!') && (statSync(file).mode & 0o111) !== 0)
      throw aProgram(path, 'is a program, and none is run');
    if (/^plugin:/m.test(content) && /\.ya?ml$/.test(path))
      throw aProgram(path, 'configures an inventory plugin of Ansible');
    return content;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw aProgram(path, 'is a folder');
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    const message = `cannot read the inventory file ${harmless(path)} (${reasonOf(error)}); check the path`;
    throw inputError('inventory-unreadable', message, error);
  }
}

function aProgram(path: string, what: string): Error {
  const message = `${harmless(path)} ${what}; let Ansible read it: ansible-inventory -i ${harmless(path)} --list | spot … --inventory-file -`;
  return inputError('inventory-refused', message);
}

function labelFor(path: string): string {
  return path === STDIN ? 'stdin' : path;
}

/** Ansible reads them with the file. */
function variablesBeside(paths: readonly string[], io: Io): string[] {
  return paths.flatMap((path) => {
    const folder = dirname(resolve(io.cwd, path));
    const found = path === STDIN ? [] : ['group_vars', 'host_vars'].filter((name) => existsSync(join(folder, name)));
    if (found.length === 0) return [];
    const advice = `let Ansible read all of it: ansible-inventory -i ${path} --list | spot … --inventory-file -`;
    return [`${found.join(' and ')} beside ${basename(path)} is not read; where it matters, ${advice}`];
  });
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const shown = [...new Set(problems)].slice(0, MAX_PROBLEMS).map(harmless);
  const more = problems.length > MAX_PROBLEMS ? [`… and ${problems.length - MAX_PROBLEMS} more`] : [];
  throw inputError('inventory-invalid', [...shown, ...more].join('\n'));
}
