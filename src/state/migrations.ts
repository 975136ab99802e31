/** A part of a script that brings rows up to date of a version that was never kept in PostgreSQL. */
export const SQLITE_ALONE = /-- sqlite alone\n[^]*?-- end\n/g;

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

/** Versions of named payloads, counted from 1 for each name; of each name one version at most is active. */
const PAYLOADS = `
CREATE TABLE payloads (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  payload_path TEXT NOT NULL,
  checksum_path TEXT NOT NULL,
  payload_size INTEGER NOT NULL,
  checksum TEXT NOT NULL,
  is_active INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  UNIQUE (name, version)
);
CREATE UNIQUE INDEX payloads_active ON payloads (name) WHERE is_active = 1;
CREATE INDEX payloads_checksum ON payloads (checksum);`;

/**
 * What an instance is known to have, so that it is not sent again: the runner in its cache, and the files folder of the
 * last payload. `contents` says by the payload's digest which files are in such a folder, as JSON.
 */
const CACHES = `
CREATE TABLE caches (
  instance_id TEXT NOT NULL PRIMARY KEY,
  runner_digest TEXT,
  payload_digest TEXT,
  remote_dir TEXT
) WITHOUT ROWID;
CREATE TABLE contents (
  payload_digest TEXT NOT NULL PRIMARY KEY,
  files TEXT NOT NULL
) WITHOUT ROWID;`;

/** Who began a run, which run it repeats, and the ways to find runs and attempts without reading all of them. */
const HISTORY = `
ALTER TABLE runs ADD COLUMN user TEXT;
ALTER TABLE runs ADD COLUMN rerun_of TEXT;
CREATE INDEX runs_created ON runs (created_at);
CREATE INDEX runs_open ON runs (created_at) WHERE finished_at IS NULL;
CREATE INDEX runs_payload ON runs (payload_digest);
CREATE INDEX attempts_stamp ON attempts (stamp);`;

/** What EC2 tells of an instance, and what became of the payload it was given. */
const CLOUD_COLUMNS = `
ALTER TABLE instances ADD COLUMN lifecycle TEXT;
ALTER TABLE instances ADD COLUMN hourly_price REAL;
ALTER TABLE instances ADD COLUMN state_reason TEXT;
ALTER TABLE instances ADD COLUMN payload_status TEXT NOT NULL DEFAULT 'none';
ALTER TABLE instances ADD COLUMN payload_error TEXT;`;

/** When the instances of a region were last looked up, all of them that the filter of that time let through. */
const SYNCS = `
CREATE TABLE syncs (
  region TEXT NOT NULL PRIMARY KEY,
  synced_at TEXT NOT NULL
) WITHOUT ROWID;`;

/**
 * What was asked of EC2, written down before it is asked: a call that is repeated with the same client token creates
 * nothing twice. `request` (what the user asked for), `orders` (the calls, each with its token and, once EC2 has
 * answered, the ids of the instances) and `client` (the process that is at it) are JSON; `finished_at` is null until
 * every instance is known to be up, or given up.
 */
const CREATIONS = `
CREATE TABLE creations (
  id TEXT NOT NULL PRIMARY KEY,
  created_at TEXT NOT NULL,
  finished_at TEXT,
  request TEXT NOT NULL,
  orders TEXT NOT NULL DEFAULT '[]',
  client TEXT NOT NULL
);
CREATE INDEX creations_open ON creations (created_at) WHERE finished_at IS NULL;`;

/** What was brought home of the script's rescue folder. */
const RESCUES = `
ALTER TABLE attempts ADD COLUMN rescue_path TEXT;
ALTER TABLE attempts ADD COLUMN rescue_bytes INTEGER NOT NULL DEFAULT 0;`;

/**
 * What the service was asked for, one row for each instance (`orders`: the request, JSON), the tasks of it, and what is
 * left to do: `jobs` is the queue of one machine, keyed by deployment; times in it are ms since the epoch, and what has no
 * `place` in the line is put off. A worker's lease stands for all it has claimed. `queue_place`, one row, is the place
 * that the queue is at, and how often something was added (on PostgreSQL alone). Values of `run_environments` are secrets and go when their run is over.
 */
const SERVICE = `
CREATE INDEX instances_name ON instances (name);
CREATE INDEX attempts_open ON attempts (run_id) WHERE outcome IS NULL;
CREATE TABLE deployments (
  id TEXT NOT NULL PRIMARY KEY,
  request_id TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  instance_id TEXT,
  run_id TEXT REFERENCES runs (id) ON DELETE CASCADE,
  orders TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending',
  executed INTEGER NOT NULL DEFAULT 0,
  execution_ms INTEGER,
  output TEXT NOT NULL DEFAULT '',
  error_output TEXT NOT NULL DEFAULT '',
  error_code TEXT,
  error_message TEXT,
  cancelled_by TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  finished_at TEXT
);
CREATE INDEX deployments_instance ON deployments (instance_id, id);
CREATE INDEX deployments_run ON deployments (run_id);
CREATE TABLE tasks (
  id TEXT NOT NULL PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  depends_on TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  due_at TEXT NOT NULL,
  worker_id TEXT,
  error_code TEXT,
  error_message TEXT,
  created_at TEXT NOT NULL,
  started_at TEXT,
  updated_at TEXT NOT NULL,
  finished_at TEXT
);
CREATE INDEX tasks_deployment ON tasks (deployment_id, position);
CREATE INDEX tasks_status ON tasks (status, id);
CREATE INDEX tasks_chain ON tasks (depends_on) WHERE depends_on IS NOT NULL;
CREATE TABLE jobs (
  key TEXT NOT NULL PRIMARY KEY,
  request_id TEXT NOT NULL,
  place INTEGER,
  due_at INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  worker_id TEXT,
  woken INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_turn ON jobs (place, due_at) WHERE worker_id IS NULL AND place IS NOT NULL;
CREATE INDEX jobs_put_off ON jobs (due_at) WHERE worker_id IS NULL AND place IS NULL;
CREATE INDEX jobs_request ON jobs (request_id, place);
CREATE INDEX jobs_worker ON jobs (worker_id) WHERE worker_id IS NOT NULL;
CREATE TABLE queue_place (
  id INTEGER NOT NULL PRIMARY KEY,
  place INTEGER NOT NULL,
  additions INTEGER NOT NULL
);
INSERT INTO queue_place (id, place, additions) VALUES (1, 0, 0);
CREATE TABLE workers (
  id TEXT NOT NULL PRIMARY KEY,
  client TEXT NOT NULL,
  engine_ids TEXT NOT NULL DEFAULT '[]',
  started_at TEXT NOT NULL,
  lease_until INTEGER NOT NULL
);
CREATE TABLE run_events (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  type TEXT NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (run_id, number)
) WITHOUT ROWID;
CREATE INDEX run_events_ends ON run_events (run_id) WHERE type = 'attempt-finished';
CREATE TABLE run_environments (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run_id, name)
) WITHOUT ROWID;
CREATE TABLE tokens (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL,
  created_at TEXT NOT NULL,
  used_at TEXT,
  revoked_at TEXT
);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  target TEXT,
  request_id TEXT NOT NULL,
  outcome TEXT NOT NULL
);`;

/**
 * What runs are found by, out of `plan`: `args` is JSON, and `number` is the order in which they came. `log_bytes` is of
 * all outputs in the log folder once the run has ended, and 0 after they were pruned.
 */
const RUN_COLUMNS = `
ALTER TABLE runs ADD COLUMN number INTEGER;
ALTER TABLE runs ADD COLUMN args TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN remote_path TEXT;
ALTER TABLE runs ADD COLUMN log_bytes INTEGER;
-- sqlite alone
UPDATE runs SET number = rowid, args = json_extract(plan, '$.args'), remote_path = json_extract(plan, '$.remotePath'),
  log_bytes = json_extract(plan, '$.logBytes');
-- end
CREATE UNIQUE INDEX runs_number ON runs (number);
DROP INDEX runs_created;
CREATE INDEX runs_created ON runs (created_at, number);
DROP INDEX runs_open;
CREATE INDEX runs_open ON runs (created_at, number) WHERE finished_at IS NULL;`;

/** The schema's history: scripts in order, never changed once released; a new one is added at the end. */
export const MIGRATIONS: readonly string[] = [
  [INSTANCES, RUNS, ATTEMPTS].join('\n'),
  [PAYLOADS, CACHES, HISTORY].join('\n'),
  [CLOUD_COLUMNS, SYNCS, CREATIONS, RESCUES].join('\n'),
  [SERVICE, RUN_COLUMNS].join('\n'),
];
