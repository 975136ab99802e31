import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { leakMark, LEAK_MARK } from './leak-mark.ts';
import { sshdConfig } from './sshd-config.ts';
import { type HostShell, makeSshdFolder, pathOf, type SshdFolder } from './sshd-folder.ts';
import { HOST_MARK, SshdHost } from './sshd-host.ts';
import { waitFor } from './wait-for.ts';

export interface SshdOptions {
  /** any address of 127.0.0.0/8; 127.0.0.1 by default */
  readonly address?: string;
  /** a free one by default */
  readonly port?: number;
  /** private key (with its `.pub` beside it) that may log in; made anew by default */
  readonly identityFile?: string;
  /** private host key, to come back as the same host; made anew by default */
  readonly hostKeyFile?: string;
  /** false: a host without an SFTP subsystem */
  readonly sftp?: boolean;
  readonly shell?: HostShell;
  /** runs instead of whatever the client asks for */
  readonly forceCommand?: string;
  /** added to the environment of every session */
  readonly environment?: Readonly<Record<string, string>>;
  /** unauthenticated connections at once, as sshd_config has it: 200 by default (sshd's own default is `10:30:100`) */
  readonly maxStartups?: number | string;
  /** channels of a connection, 10 by default */
  readonly maxSessions?: number;
  /** who logs in; the current user by default, and only root can let in another one */
  readonly account?: string;
  /** further lines of sshd_config; they win over the others */
  readonly config?: readonly string[];
}

/** Where Debian, Fedora, Arch and Alpine keep it. */
const SFTP_SERVERS = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/lib/ssh/sftp-server',
  '/usr/libexec/sftp-server',
];

const DEFAULT_ADDRESS = '127.0.0.1';

/** Somebody else may take a port between the moment it was free and the moment sshd asks for it. */
const PORT_TRIES = 5;

/**
 * Starts a real sshd on loopback, with a host key, a login key and a home of its own; the account is the current one, and
 * root is not needed. /tmp is shared with this machine.
 * @throws Error with sshd's log where it does not start
 */
export async function startSshd(options: SshdOptions = {}): Promise<SshdHost> {
  // sshd of root insists on this folder, which only a service manager makes
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const address = options.address ?? DEFAULT_ADDRESS;
  const folder = makeSshdFolder({ ...options, shell: options.shell ?? 'login' });
  if (options.account !== undefined) openTo(options.account, folder);
  try {
    for (let tries = 1; ; tries += 1) {
      const host = await tryPort(folder, { address, port: options.port ?? (await freePort(address)) }, options);
      if (host !== null) return host;
      if (tries === PORT_TRIES || options.port !== undefined)
        throw new Error(`sshd did not start:\n${readLog(folder)}`);
    }
  } catch (error) {
    rmSync(folder.path, { recursive: true });
    throw error;
  }
}

/** Starts several hosts that let in the same key, on 127.0.0.1, 127.0.0.2, …. */
export async function startSshds(
  count: number,
  options: Omit<SshdOptions, 'address' | 'port'> = {},
): Promise<SshdHost[]> {
  const first = await startSshd(options);
  const others = Array.from({ length: count - 1 }, (_, index) =>
    startSshd({ identityFile: first.identityFile, ...options, address: `127.0.0.${index + 2}` }),
  );
  const settled = await Promise.allSettled(others);
  const started = [first, ...settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))];
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed === undefined) return started;
  await Promise.all(started.map((host) => host.close()));
  throw failed.reason;
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** @returns null where sshd ended instead of listening: the log says why */
async function tryPort(folder: SshdFolder, at: Endpoint, options: SshdOptions): Promise<SshdHost | null> {
  const mark = randomUUID();
  const configFile = join(folder.path, 'sshd_config');
  writeFileSync(configFile, configText(folder, at, mark, options));
  writeFileSync(folder.log, '');
  const log = openSync(folder.log, 'a');
  const daemon = spawn(pathOf('sshd'), ['-D', '-e', '-f', configFile], { stdio: ['ignore', log, log] });
  closeSync(log);
  await Promise.race([once(daemon, 'spawn'), once(daemon, 'error').then(([error]) => Promise.reject(error as Error))]);
  const hasEnded = (): boolean => daemon.exitCode !== null || daemon.signalCode !== null;
  await waitFor('sshd to listen', () => hasEnded() || readLog(folder).includes('Server listening on'));
  if (hasEnded()) return null;
  const { account = userInfo().username } = options;
  return new SshdHost(folder, daemon as ChildProcess & { pid: number }, mark, { ...at, account });
}

/** sshd reads the keys as the one who logs in. */
function openTo(account: string, { path, home }: SshdFolder): void {
  chmodSync(path, 0o711);
  execFileSync('chown', [account, home]);
}

function configText(folder: SshdFolder, at: Endpoint, mark: string, options: SshdOptions): string {
  return sshdConfig({
    folder: folder.path,
    ...at,
    sftpServer: options.sftp === false ? null : sftpServer(),
    shell: folder.shell,
    environment: {
      HOME: folder.home,
      PATH: folder.searchPath,
      [LEAK_MARK]: leakMark(),
      [HOST_MARK]: mark,
      ...options.environment,
    },
    forceCommand: options.forceCommand ?? null,
    maxStartups: options.maxStartups ?? 200,
    maxSessions: options.maxSessions ?? 10,
    lines: options.config ?? [],
  });
}

function sftpServer(): string {
  const path = SFTP_SERVERS.find(existsSync);
  if (path === undefined) throw new Error(`no sftp-server at ${SFTP_SERVERS.join(', ')}`);
  return path;
}

/** A port of an address of 127.0.0.0/8 that nobody listens on, for now. */
export async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function readLog(folder: SshdFolder): string {
  return readFileSync(folder.log, 'utf8');
}
