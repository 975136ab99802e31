/**
 * `instances` is public: other programs read and write it, therefore a default wherever one makes sense, and no STRICT
 * table, which the sqlite3 tools of older systems cannot open. Rows are checked when they are read.
 */
const INSTANCES = `
CREATE TABLE instances (
  id INTEGER PRIMARY KEY,
  instance_id TEXT NOT NULL UNIQUE,
  name TEXT,
  source TEXT NOT NULL DEFAULT 'manual',
  region TEXT,
  availability_zone TEXT,
  instance_type TEXT,
  state TEXT NOT NULL DEFAULT 'running',
  public_ip TEXT,
  private_ip TEXT,
  ssh_user TEXT,
  ssh_port INTEGER,
  host_key TEXT,
  tags TEXT NOT NULL DEFAULT '{}',
  launched_at TEXT,
  seen_at TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);`;

/** `plan` (what no column of its own holds) and `client` (the process that drives the run) are JSON. */
const RUNS = `
CREATE TABLE runs (
  id TEXT NOT NULL PRIMARY KEY,
  created_at TEXT NOT NULL,
  finished_at TEXT,
  mode TEXT NOT NULL,
  payload_digest TEXT NOT NULL,
  payload_name TEXT NOT NULL,
  payload_bytes INTEGER NOT NULL,
  plan TEXT NOT NULL,
  client TEXT NOT NULL,
  exit_code INTEGER
);`;

/**
 * No foreign key to `instances`: what happened stays on record when an instance is removed. `step` is the one last
 * begun; `outcome` is null until the attempt has ended; `evidence` and `steps` are JSON.
 */
const ATTEMPTS = `
CREATE TABLE attempts (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  instance_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT,
  address TEXT NOT NULL,
  port INTEGER,
  user TEXT,
  stamp TEXT NOT NULL,
  step TEXT,
  started_at TEXT,
  finished_at TEXT,
  outcome TEXT,
  exit_code INTEGER,
  signal TEXT,
  reason TEXT,
  error_code TEXT,
  error_message TEXT,
  evidence TEXT NOT NULL DEFAULT '[]',
  steps TEXT NOT NULL DEFAULT '[]',
  remote_dir TEXT,
  stdout_path TEXT,
  stdout_bytes INTEGER NOT NULL DEFAULT 0,
  stderr_path TEXT,
  stderr_bytes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run_id, instance_id)
) WITHOUT ROWID;`;

/** The schema's history: scripts in order, never changed once released; a new one is added at the end. */
export const MIGRATIONS: readonly string[] = [[INSTANCES, RUNS, ATTEMPTS].join('\n')];
