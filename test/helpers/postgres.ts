import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { SHARED_FOLDER } from './global-setup.ts';
import { requireProgram } from './require.ts';
import { freePort } from './sshd.ts';
import { pathOf } from './sshd-folder.ts';
import { waitFor } from './wait-for.ts';

const ADDRESS = '127.0.0.1';
const USER = 'spot';

/** Of every database of the tests: no message may show it. */
export const POSTGRES_PASSWORD = 'password-of-the-tests';

/** Somebody else may take a port between the moment it was free and the moment the server asks for it. */
const PORT_TRIES = 5;

/** How long clients that hang up may take, ms. */
const GOODBYE_MS = 1000;

/** Nothing here has to survive a power cut, and no process of the server comes and goes by itself. */
const SETTINGS = {
  listen_addresses: ADDRESS,
  max_connections: '200',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_parallel_workers: '0',
  log_destination: 'stderr',
};

/** Whether the tests on PostgreSQL can run here; the global setup has said so aloud where they cannot. */
export function hasPostgres(): boolean {
  return requireProgram('postgres') !== null;
}

/** A server of its own, from Debian's package, with its files in a folder of its own. */
export class PostgresServer {
  readonly #folder: string;
  #port: number;
  #daemon: ChildProcess | null = null;
  #databases = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#port = 0;
  }

  /** Makes an empty database. @returns its URL, with name and password */
  async newDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.query(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** @param database one that is there; nobody has asked whether it is */
  url(database: string, user = USER, password = POSTGRES_PASSWORD): string {
    return `postgres://${user}:${password}@${ADDRESS}:${this.#port}/${database}`;
  }

  /** Runs one statement as the superuser. */
  async query(sql: string, url = this.url('postgres')): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Takes it up again, at the same port. @throws Error with the server's log where it does not start */
  async start(): Promise<void> {
    if (this.#port !== 0) return this.#startAt(this.#port);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#startAt(await freePort(ADDRESS));
      } catch (error) {
        if (tries === PORT_TRIES) throw error;
      }
    }
  }

  /** Ends it by its process id, at once and with all connections; the databases stay. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = null;
    if (daemon === null || hasEnded(daemon)) return;
    const ended = once(daemon, 'exit');
    daemon.kill('SIGINT');
    await ended;
  }

  /** Stops it, once those who have just said goodbye are gone, and removes its folder. */
  async close(): Promise<void> {
    const daemon = this.#daemon;
    // PostgreSQL's smart shutdown: who is told of an end while it hangs up has nobody left to hear it
    daemon?.kill('SIGTERM');
    await waitFor('the clients to go', () => daemon === null || hasEnded(daemon), GOODBYE_MS).catch(() => undefined);
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startAt(port: number): Promise<void> {
    const logFile = join(this.#folder, 'log');
    writeFileSync(logFile, '');
    const log = openSync(logFile, 'a');
    const words = ['-D', join(this.#folder, 'data'), '-p', String(port), '-k', this.#folder];
    const daemon = spawn(pathOf('postgres'), words, { ...owner(), cwd: this.#folder, stdio: ['ignore', log, log] });
    closeSync(log);
    await Promise.race([
      once(daemon, 'spawn'),
      once(daemon, 'error').then(([error]) => Promise.reject(error as Error)),
    ]);
    const isReady = (): boolean => readFileSync(logFile, 'utf8').includes('ready to accept connections');
    await waitFor('PostgreSQL to listen', () => hasEnded(daemon) || isReady(), 20_000);
    if (hasEnded(daemon)) throw new Error(`PostgreSQL did not start:\n${readFileSync(logFile, 'utf8')}`);
    this.#port = port;
    this.#daemon = daemon;
  }
}

/**
 * Starts a server in about a second; ask `hasPostgres()` first and close it in `afterAll`.
 * @throws Error with the server's log where it does not start
 */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'spot-postgres-'));
  try {
    makeCluster(folder);
    const server = new PostgresServer(folder);
    await server.start();
    return server;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Making one takes a second of the processor: the first test that needs one makes it, the others copy it. */
function makeCluster(folder: string): void {
  chownTo(folder, owner());
  const shared = process.env[SHARED_FOLDER];
  const template = shared === undefined ? null : join(shared, 'postgres');
  if (template === null || !existsSync(template)) initialise(folder);
  else execFileSync('cp', ['-a', template, join(folder, 'data')]);
  if (template !== null && !existsSync(template)) offer(join(folder, 'data'), template);
}

function initialise(folder: string): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, POSTGRES_PASSWORD);
  chownTo(passwordFile, owner());
  const data = join(folder, 'data');
  const login = ['-U', USER, '--pwfile', passwordFile, '--auth-local=trust', '--auth-host=scram-sha-256'];
  const words = ['-D', data, '--no-sync', '--locale=C', '--encoding=UTF8', ...login];
  execFileSync(join(dirname(pathOf('postgres')), 'initdb'), words, { ...owner(), cwd: folder, stdio: 'pipe' });
  const lines = Object.entries(SETTINGS).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(join(data, 'postgresql.conf'), lines.join(''));
}

/** Complete, or not at all; another test may be as fast. */
function offer(data: string, template: string): void {
  const draft = `${template}-${process.pid}`;
  execFileSync('cp', ['-a', data, draft]);
  try {
    renameSync(draft, template);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** The server refuses to run as root: then it runs as the account that Debian's package makes, or as nobody. */
function owner(): Owner {
  if (process.getuid?.() !== 0) return {};
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = ['postgres', 'nobody'].flatMap((name) => accounts.filter(([found]) => found === name))[0];
  if (account === undefined) throw new Error('there is neither an account postgres nor nobody to run PostgreSQL as');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

function chownTo(path: string, { uid, gid }: Owner): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

function hasEnded(daemon: ChildProcess): boolean {
  return daemon.exitCode !== null || daemon.signalCode !== null;
}
