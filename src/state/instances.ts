import type { Instance, InstanceState } from '../model/instance.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import type { Database } from './database.ts';
import { INSTANCE_COLUMNS, parseInstanceRow } from './instance-row.ts';
import { lookUp } from './look-up.ts';

/** What a user may correct by hand. */
export type InstancePatch = Partial<Pick<Instance, 'state' | 'name' | 'tags' | 'publicIp' | 'sshUser' | 'sshPort'>>;

/** The fleet. Reading throws SpotError `state-bad-row` where another program wrote a row that makes no sense. */
export interface InstanceTable {
  /** all of them, by id */
  list(): Instance[];
  find(instanceId: string): Instance | null;
  /** Of each word the instance of that id, else those of that name; a word that means none is not in it. */
  called(words: readonly string[]): Map<string, Instance[]>;
  /** by id, those behind this one; null: from the first */
  page(limit: number, after: string | null): Instance[];
  /**
   * Adds all or none. A known id is updated; its creation time and a host key that is already pinned stay.
   */
  add(instances: readonly Instance[]): void;
  /** @returns how many there were */
  remove(instanceIds: readonly string[]): number;
  /** @returns the instance as it is now, or null where there is none of that id */
  update(instanceId: string, patch: InstancePatch): Instance | null;
  /** Changes those of these ids that are there, all or none; nobody else writes meanwhile. */
  revise(instanceIds: readonly string[], change: (instance: Instance) => Instance): void;
  /** Sets the key whatever it was; null forgets it. @returns false where there is no instance of that id */
  pinHostKey(instanceId: string, hostKey: string | null): boolean;
}

export function instanceTable(database: Database, clock: Clock): InstanceTable {
  const now = (): string => isoTime(clock.now());
  return {
    list: () => listInstances(database),
    find: (instanceId) => findInstance(database, instanceId),
    called: (words) => instancesCalled(database, words),
    page: (limit, after) => pageOfInstances(database, limit, after),
    add: (instances) =>
      database.transaction(() => {
        for (const instance of instances) upsertInstance(database, instance);
      }),
    remove: (instanceIds) =>
      database.transaction(() => instanceIds.reduce((count, id) => count + deleteInstance(database, id), 0)),
    update: (instanceId, patch) =>
      database.transaction(() => {
        const current = findInstance(database, instanceId);
        if (current === null) return null;
        const updated = { ...current, ...patch, updatedAt: now() };
        upsertInstance(database, updated);
        return updated;
      }),
    revise: (instanceIds, change) =>
      database.transaction(() => {
        for (const id of instanceIds) {
          const current = findInstance(database, id);
          if (current !== null) upsertInstance(database, change(current));
        }
      }),
    pinHostKey: (instanceId, hostKey) => setHostKey(database, instanceId, hostKey, now()),
  };
}

const COLUMNS = Object.values(INSTANCE_COLUMNS).join(', ');
const PROPERTIES = Object.keys(INSTANCE_COLUMNS);
const SELECTED = Object.entries(INSTANCE_COLUMNS)
  .map(([property, column]) => `${column} AS "${property}"`)
  .join(', ');
/** What the ledger alone writes, and what is written once. */
const KEPT: readonly string[] = ['instance_id', 'created_at', 'host_key', 'payload_status', 'payload_error'];
const UPDATED = Object.values(INSTANCE_COLUMNS)
  .filter((column) => !KEPT.includes(column))
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');

export function listInstances(database: Database): Instance[] {
  const rows = database.all(`SELECT ${SELECTED} FROM instances ORDER BY id`);
  return rows.map((row) => parseInstanceRow(row, database.path));
}

function findInstance(database: Database, instanceId: string): Instance | null {
  const row = database.get(`SELECT ${SELECTED} FROM instances WHERE instance_id = ?`, instanceId);
  return row === undefined ? null : parseInstanceRow(row, database.path);
}

function instancesCalled(database: Database, words: readonly string[]): Map<string, Instance[]> {
  const byId = instancesOf(database, 'instance_id', words);
  const found = new Map(byId.map((instance) => [instance.instanceId, [instance]]));
  const names = words.filter((word) => !found.has(word));
  for (const instance of instancesOf(database, 'name', names)) {
    const name = instance.name as string;
    const known = found.get(name);
    if (known === undefined) found.set(name, [instance]);
    else known.push(instance);
  }
  return found;
}

function instancesOf(database: Database, column: 'instance_id' | 'name', words: readonly string[]): Instance[] {
  const rows = lookUp(database, [...new Set(words)], (places) => {
    return `SELECT ${SELECTED} FROM instances WHERE ${column} IN (${places}) ORDER BY id`;
  });
  return rows.map((row) => parseInstanceRow(row, database.path));
}

function pageOfInstances(database: Database, limit: number, after: string | null): Instance[] {
  const where = after === null ? '' : 'WHERE instance_id > ?';
  const sql = `SELECT ${SELECTED} FROM instances ${where} ORDER BY instance_id LIMIT ?`;
  const rows = database.all(sql, ...(after === null ? [] : [after]), limit);
  return rows.map((row) => parseInstanceRow(row, database.path));
}

export function upsertInstance(database: Database, instance: Instance): void {
  database.run(
    `INSERT INTO instances (${COLUMNS}) VALUES (${PROPERTIES.map((property) => `@${property}`).join(', ')})
     ON CONFLICT (instance_id) DO UPDATE SET ${UPDATED}, host_key = COALESCE(instances.host_key, excluded.host_key)`,
    { ...instance, tags: JSON.stringify(instance.tags) },
  );
}

function deleteInstance(database: Database, instanceId: string): number {
  return database.run('DELETE FROM instances WHERE instance_id = ?', instanceId);
}

function setHostKey(database: Database, instanceId: string, hostKey: string | null, now: string): boolean {
  const sql = 'UPDATE instances SET host_key = ?, updated_at = ? WHERE instance_id = ?';
  return database.run(sql, hostKey, now, instanceId) > 0;
}

/**
 * Pins the key of a first contact. A key that is there already stays: of two runs that meet a host at the same time,
 * the second must not overrule the first.
 */
export function pinFirstHostKey(database: Database, instanceId: string, hostKey: string, now: string): void {
  const sql = 'UPDATE instances SET host_key = ?, updated_at = ? WHERE instance_id = ? AND host_key IS NULL';
  database.run(sql, hostKey, now, instanceId);
}

/** Writes down that it is not there any more, and nothing else: what another program knows of it stays. */
export function endInstance(
  database: Database,
  instanceId: string,
  { state, reason }: { readonly state: InstanceState; readonly reason: string },
  now: string,
): void {
  const sql = 'UPDATE instances SET state = ?, state_reason = ?, updated_at = ? WHERE instance_id = ?';
  database.run(sql, state, reason, now, instanceId);
}
