import type { PayloadFile } from '../model/payload.ts';
import type { InstanceCache } from '../run/ledger.ts';
import type { Database } from './database.ts';
import { brokenState } from './state-error.ts';

interface CacheRow {
  readonly runnerDigest: string | null;
  readonly payloadDigest: string | null;
  readonly remoteDir: string | null;
}

/** What an instance is believed to have; it is checked over there before it is used. */
export function readCache(database: Database, instanceId: string): InstanceCache {
  const sql = `SELECT runner_digest AS "runnerDigest", payload_digest AS "payloadDigest", remote_dir AS "remoteDir"
    FROM caches WHERE instance_id = ?`;
  const row = database.get(sql, instanceId) as CacheRow | undefined;
  const { runnerDigest = null, payloadDigest = null, remoteDir = null } = row ?? {};
  if (payloadDigest === null || remoteDir === null) return { runnerDigest, folder: null };
  return { runnerDigest, folder: { path: remoteDir, payloadDigest } };
}

export function readContents(database: Database, payloadDigest: string): PayloadFile[] | null {
  const row = database.get('SELECT files FROM contents WHERE payload_digest = ?', payloadDigest);
  if (row === undefined) return null;
  try {
    return JSON.parse((row as { files: string }).files) as PayloadFile[];
  } catch (error) {
    throw brokenState(database.path, error);
  }
}

export function recordRunner(database: Database, instanceId: string, digest: string | null): void {
  database.run(
    `INSERT INTO caches (instance_id, runner_digest) VALUES (?, ?)
     ON CONFLICT (instance_id) DO UPDATE SET runner_digest = excluded.runner_digest`,
    instanceId,
    digest,
  );
}

/** In the plan of a run: a user whose files folder is closed to whoever logs in. */
const IS_CLOSED = `plan LIKE '%"sudo":%' AND plan NOT LIKE '%"sudo":"root"%'`;

/** The instance has the files of this run's payload in that folder from now on, if they can be read there. */
export function recordFolder(database: Database, runId: string, instanceId: string, remoteDir: string): void {
  database.run(
    `INSERT INTO caches (instance_id, payload_digest, remote_dir) SELECT ?, payload_digest, ? FROM runs
       WHERE id = ? AND NOT (${IS_CLOSED})
     ON CONFLICT (instance_id) DO UPDATE SET payload_digest = excluded.payload_digest, remote_dir = excluded.remote_dir`,
    instanceId,
    remoteDir,
    runId,
  );
}

/** Which files are in the folders of a payload; a new one forgets those that are on no instance any more. */
export function recordContents(database: Database, payloadDigest: string, files: readonly PayloadFile[]): void {
  if (database.get('SELECT 1 AS one FROM contents WHERE payload_digest = ?', payloadDigest) !== undefined) return;
  database.run(
    `DELETE FROM contents WHERE payload_digest NOT IN (SELECT payload_digest FROM caches WHERE payload_digest IS NOT NULL)
       AND payload_digest NOT IN (SELECT payload_digest FROM runs WHERE finished_at IS NULL)`,
  );
  const sql = 'INSERT INTO contents (payload_digest, files) VALUES (?, ?) ON CONFLICT DO NOTHING';
  database.run(sql, payloadDigest, JSON.stringify(files));
}
