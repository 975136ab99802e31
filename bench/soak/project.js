// A user's folder with a state file, and the program as its user runs it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import Driver from 'better-sqlite3';

const SPOT = fileURLToPath(new URL('../../bin/spot.js', import.meta.url));

/** No command of a soak has reason to take longer, whatever befalls its connections, ms. */
const LONGEST_MS = 240_000;

/** So that a round is short; `keepalive_interval` notices a silent link within six seconds. */
const LIMITS = `limits:
  connect_timeout: 8s
  upload_timeout: 20s
  execution_timeout: 10s
  kill_grace: 1s
  lease: 4s
ssh:
  keepalive_interval: 2s
`;

export class Project {
  folder;
  #tmp;

  /** @param {string} login `{ user, keyFile }` of the fleet */
  constructor(folder, login) {
    this.folder = folder;
    this.#tmp = join(folder, 'tmp');
    for (const name of ['home', 'tmp', 'files']) mkdirSync(join(folder, name), { recursive: true });
    const { user, keyFile } = login;
    writeFileSync(
      join(folder, 'config.yaml'),
      `aws: { username: ${user}, private_ssh_key_path: ${keyFile} }\n${LIMITS}`,
    );
  }

  write(name, content) {
    writeFileSync(join(this.folder, name), content);
  }

  /** Makes hosts known as any other program may: by rows of the public table. */
  async know(endpoints) {
    await this.start(['list']).ended;
    const database = new Driver(join(this.folder, '.spot/state.db'), { timeout: 5000 });
    const insert = database.prepare('INSERT INTO instances (instance_id, public_ip, ssh_port) VALUES (?, ?, ?)');
    for (const { id, address, port } of endpoints) insert.run(id, address, port);
    database.close();
  }

  /** What the state file says. */
  rows(sql, ...parameters) {
    const database = new Driver(join(this.folder, '.spot/state.db'), { readonly: true, timeout: 5000 });
    try {
      return database.prepare(sql).all(...parameters);
    } finally {
      database.close();
    }
  }

  /** The run that a process began, or null. */
  runOf(pid) {
    const [run] = this.rows("SELECT id FROM runs WHERE json_extract(client, '$.pid') = ?", pid);
    return run?.id ?? null;
  }

  openRuns() {
    return this.rows('SELECT id FROM runs WHERE finished_at IS NULL').map(({ id }) => id);
  }

  /** Files below the state folder, and what is left in TMPDIR. */
  files() {
    const state = join(this.folder, '.spot');
    return [...filesBelow(state, this.folder), ...filesBelow(this.#tmp, this.folder)];
  }

  /**
   * Starts the program.
   * @returns {{ pid: number, kill(signal: string): void, ended: Promise<Ended> }}
   */
  start(args, env = {}) {
    const { PATH, LANG } = process.env;
    const home = join(this.folder, 'home');
    const child = spawn(process.execPath, [SPOT, ...args], {
      cwd: this.folder,
      env: { PATH, LANG, HOME: home, TMPDIR: this.#tmp, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { pid: child.pid, kill: (signal) => child.kill(signal), ended: ended(child, args) };
  }
}

/** @typedef {{ args: string[], pid: number, code: number | null, signal: string | null, hangs: boolean, stdout: string, stderr: string }} Ended */

/** @returns {Promise<Ended>} */
async function ended(child, args) {
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => (said[stream] += text));
  }
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill('SIGKILL');
  }, LONGEST_MS);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  return { args, pid: child.pid, code, signal, hangs, ...said };
}

function filesBelow(folder, root) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}
