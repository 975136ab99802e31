import type { DeploymentOrder } from '../model/deployment.ts';
import { usageError } from '../model/errors.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import { type ArchiveTable, archiveTable } from './archives.ts';
import type { Database } from './database.ts';

/** One version of a named payload. */
export interface PayloadRecord {
  readonly name: string;
  /** counted from 1 for each name */
  readonly version: number;
  /** of the archive, relative to the folder of the state file */
  readonly payloadPath: string;
  /** of the file that holds its digest, relative likewise */
  readonly checksumPath: string;
  /** of the archive, bytes */
  readonly payloadSize: number;
  /** SHA-256 of the archive, hex: the payload's digest */
  readonly checksum: string;
  /** the one that the name alone means; one version of a name at most */
  readonly isActive: boolean;
  /** ISO 8601, UTC */
  readonly createdAt: string;
}

/** An archive on disk that is to become a version. */
export type PayloadCandidate = Omit<PayloadRecord, 'version' | 'isActive' | 'createdAt'>;

/** What became of a candidate. */
export interface AddedPayload {
  /** the version that has this content; it is the active one now */
  readonly record: PayloadRecord;
  /** `none`: it was active before; `reactivated`: an earlier version has this content; `new`: no version had it */
  readonly change: 'new' | 'reactivated' | 'none';
  /** older versions that had to go */
  readonly pruned: readonly PayloadRecord[];
}

/** The registry of named payloads. Each call is one transaction. A version that an unfinished run uses is never removed. */
export interface PayloadTable {
  /** null where no other machine shares the registry */
  readonly archives: ArchiveTable | null;
  /** by name, then by version */
  list(): PayloadRecord[];
  /** @param version null means the active one */
  find(name: string, version: number | null): PayloadRecord | null;
  /** The version of this content, of whatever name: an active one, or else the newest. @param checksum of the archive, hex */
  ofContent(checksum: string): PayloadRecord | null;
  /**
   * Makes the version of this content the active one, and keeps `keep` versions of the name.
   * @param isOnDisk asked while nobody else can write: whether the files of the candidate are there
   * @returns null where they are not
   */
  add(candidate: PayloadCandidate, keep: number, isOnDisk: () => boolean): AddedPayload | null;
  /** @returns the version, or null where there is none */
  activate(name: string, version: number): PayloadRecord | null;
  /**
   * Forgets a version, or with null all of that name; all or nothing.
   * @throws SpotError (exit 64) `payload-in-use`, `payload-active` for a single version that is the active one
   */
  remove(name: string, version: number | null): PayloadRecord[];
  /**
   * Forgets all but the active version and the newest others.
   * @param keep how many stay of each name, 1 or more
   * @param name null means all names
   */
  prune(keep: number, name: string | null): PayloadRecord[];
  /** digests of the archives that a version or an unfinished run needs */
  digestsInUse(): ReadonlySet<string>;
  /** Calls `work` with the same while nobody else can write. */
  whileLocked<Result>(work: (digestsInUse: ReadonlySet<string>) => Result): Result;
}

export function payloadTable(database: Database, clock: Clock): PayloadTable {
  return {
    archives: archiveTable(database),
    list: () => toRecords(database.all(`SELECT ${COLUMNS} FROM payloads ORDER BY name, version`)),
    find: (name, version) => findVersion(database, name, version),
    ofContent: (checksum) => findContent(database, checksum),
    add: (candidate, keep, isOnDisk) =>
      database.transaction(() => {
        if (!isOnDisk()) return null;
        const added = makeActive(database, candidate, isoTime(clock.now()));
        return { ...added, pruned: pruneVersions(database, keep, candidate.name) };
      }),
    activate: (name, version) =>
      database.transaction(() => {
        if (findVersion(database, name, version) === null) return null;
        setActive(database, name, version);
        return findVersion(database, name, version);
      }),
    remove: (name, version) => database.transaction(() => removeVersions(database, name, version)),
    prune: (keep, name) => database.transaction(() => pruneVersions(database, keep, name)),
    digestsInUse: () => digestsInUse(database),
    whileLocked: (work) => database.transaction(() => work(digestsInUse(database))),
  };
}

const COLUMNS = `name, version, payload_path AS "payloadPath", checksum_path AS "checksumPath", payload_size AS "payloadSize",
  checksum, is_active AS "isActive", created_at AS "createdAt"`;
const USED_BY_RUNS = 'SELECT payload_digest FROM runs WHERE finished_at IS NULL';
/** Of the service, for instances that are still coming up: they get a run when they are there. */
const WAITING = 'FROM deployments WHERE run_id IS NULL AND finished_at IS NULL';

function toRecords(rows: unknown[]): PayloadRecord[] {
  type Row = Omit<PayloadRecord, 'isActive'> & { readonly isActive: number };
  return (rows as Row[]).map((row) => ({ ...row, isActive: row.isActive === 1 }));
}

function findVersion(database: Database, name: string, version: number | null): PayloadRecord | null {
  const sql = `SELECT ${COLUMNS} FROM payloads WHERE name = ? AND`;
  const rows =
    version === null ? database.all(`${sql} is_active = 1`, name) : database.all(`${sql} version = ?`, name, version);
  return toRecords(rows)[0] ?? null;
}

function findContent(database: Database, checksum: string): PayloadRecord | null {
  const sql = `SELECT ${COLUMNS} FROM payloads WHERE checksum = ? ORDER BY is_active DESC, created_at DESC, version DESC`;
  return toRecords(database.all(sql, checksum))[0] ?? null;
}

/** A version is a content: one that was there before is not counted again. */
function makeActive(database: Database, candidate: PayloadCandidate, now: string): Omit<AddedPayload, 'pruned'> {
  const { name, checksum } = candidate;
  const sql = `SELECT ${COLUMNS} FROM payloads WHERE name = ? AND checksum = ? ORDER BY is_active DESC, version DESC`;
  const [known] = toRecords(database.all(sql, name, checksum));
  if (known?.isActive) return { record: known, change: 'none' };
  if (known !== undefined) {
    setActive(database, name, known.version);
    return { record: { ...known, isActive: true }, change: 'reactivated' };
  }
  const version = insertVersion(database, candidate, now);
  setActive(database, name, version);
  return { record: { ...candidate, version, isActive: true, createdAt: now }, change: 'new' };
}

function insertVersion(database: Database, candidate: PayloadCandidate, now: string): number {
  const { name, payloadPath, checksumPath, payloadSize, checksum } = candidate;
  const row = database.get(
    `INSERT INTO payloads (name, version, payload_path, checksum_path, payload_size, checksum, created_at)
     VALUES (?, (SELECT COALESCE(MAX(version), 0) + 1 FROM payloads WHERE name = ?), ?, ?, ?, ?, ?) RETURNING version`,
    ...[name, name, payloadPath, checksumPath, payloadSize, checksum, now],
  );
  return (row as { version: number }).version;
}

/** The index allows one active version, not two even for a moment. */
function setActive(database: Database, name: string, version: number): void {
  database.run('UPDATE payloads SET is_active = 0 WHERE name = ? AND is_active = 1', name);
  database.run('UPDATE payloads SET is_active = 1 WHERE name = ? AND version = ?', name, version);
}

function pruneVersions(database: Database, keep: number, name: string | null): PayloadRecord[] {
  const rows = database.all(
    `DELETE FROM payloads WHERE is_active = 0 AND checksum NOT IN (${USED_BY_RUNS})
       AND NOT EXISTS (SELECT 1 ${WAITING} AND orders LIKE '%"' || checksum || '"%') AND id IN (
       SELECT id FROM (
         SELECT id, ROW_NUMBER() OVER (PARTITION BY name ORDER BY is_active DESC, version DESC) AS place
         FROM payloads WHERE name = COALESCE(@name, name)
       ) AS placed WHERE place > @keep
     ) RETURNING ${COLUMNS}`,
    { keep, name },
  );
  return toRecords(rows).sort(byNameAndVersion);
}

function byNameAndVersion(a: PayloadRecord, b: PayloadRecord): number {
  if (a.name === b.name) return a.version - b.version;
  return a.name < b.name ? -1 : 1;
}

function removeVersions(database: Database, name: string, version: number | null): PayloadRecord[] {
  const all = toRecords(database.all(`SELECT ${COLUMNS} FROM payloads WHERE name = ? ORDER BY version`, name));
  const meant = all.filter((record) => version === null || record.version === version);
  for (const record of meant) refuseUsed(database, record);
  if (version !== null && all.length > 1) for (const record of meant) refuseActive(record);
  for (const record of meant) {
    database.run('DELETE FROM payloads WHERE name = ? AND version = ?', record.name, record.version);
  }
  return meant;
}

function refuseUsed(database: Database, { name, version, checksum }: PayloadRecord): void {
  const run = database.get('SELECT id FROM runs WHERE finished_at IS NULL AND payload_digest = ?', checksum);
  const deployment = database.get(`SELECT id ${WAITING} AND orders LIKE ?`, `%"${checksum}"%`);
  if (run === undefined && deployment === undefined) return;
  const { id } = (run ?? deployment) as { id: string };
  const how =
    run === undefined
      ? `is used by the deployment ${id}, which waits for its instance; cancel it at the service, or wait`
      : `is used by run ${id}, which has not ended; end it with: spot stop ${id}`;
  throw usageError('payload-in-use', `${name}@${version} ${how}`);
}

function refuseActive({ name, version, isActive }: PayloadRecord): void {
  if (!isActive) return;
  const message = `${name}@${version} is the active version of ${name}; first activate another one with: spot payload activate ${name}@<version>`;
  throw usageError('payload-active', message);
}

function digestsInUse(database: Database): ReadonlySet<string> {
  const rows = database.all(`SELECT checksum FROM payloads UNION ${USED_BY_RUNS}`) as { checksum: string }[];
  const waiting = database.all(`SELECT DISTINCT orders ${WAITING}`) as { orders: string }[];
  const orders = waiting.map((row) => JSON.parse(row.orders) as DeploymentOrder);
  return new Set([
    ...rows.map(({ checksum }) => checksum),
    ...orders.flatMap(({ payload }) => (payload === null ? [] : [payload.digest])),
  ]);
}
