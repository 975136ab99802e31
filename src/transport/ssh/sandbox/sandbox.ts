import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { instanceEnvironment } from './environment.ts';
import { generateKey, type KeyPair, parsePublicKey, writeKey } from './keys.ts';
import { ProcessGroups } from './process-groups.ts';
import { type InstanceServer, listenAsInstance } from './server.ts';

export interface SandboxOptions {
  /** how many instances to start */
  readonly count: number;
  /** a private folder that exists; homes and the key go in here, the caller removes it after `close` */
  readonly folder: string;
  /** false: the SFTP subsystem is refused; default true */
  readonly sftp?: boolean;
  /** runs every command: a path, or a name looked up in PATH (`dash`, `busybox`); default `/bin/sh` */
  readonly shell?: string;
  /** sessions open at once on one connection; default 10, as sshd's MaxSessions */
  readonly maxSessions?: number;
  /** added to the environment of every command */
  readonly env?: Readonly<Record<string, string>>;
}

export interface SandboxInstance {
  /** `sandbox-1`, `sandbox-2`, … */
  readonly name: string;
  readonly user: string;
  readonly address: '127.0.0.1';
  readonly port: number;
  /** where commands start and relative SFTP paths lead; absolute paths are those of the real file system */
  readonly home: string;
  /** `<type> <base64>` */
  readonly hostKey: string;
  /** TCP connections open now */
  readonly connections: () => number;
  /** breaks the TCP connections; the commands that run stay, as they do under sshd */
  disconnectAll(): void;
}

export interface Sandbox {
  readonly instances: readonly SandboxInstance[];
  /** the only key that gets in; its public half lies beside it, with `.pub` */
  readonly privateKeyPath: string;
  /**
   * Stops listening, breaks the connections, and ends the process groups of commands (TERM, then KILL). A process that
   * made a session of its own is out of reach, as it is for sshd. Safe to call twice.
   */
  close(): Promise<void>;
}

const USER = 'sandbox';
const DEFAULT_SHELL = '/bin/sh';
/** sshd_config(5), MaxSessions */
const DEFAULT_MAX_SESSIONS = 10;

/**
 * Starts SSH servers inside this process that serve as instances: for the demo, and for tests. They listen on
 * 127.0.0.1 alone and take only a key made for this sandbox.
 * @throws Error of the system where a port or a file cannot be had; nothing stays open then
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const key = generateKey();
  const privateKeyPath = await writeKey(join(options.folder, 'key'), key);
  const groups = new ProcessGroups();
  const started: StartedInstance[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map(({ server }) => server.close()));
    await groups.end();
  };
  try {
    for (let number = 1; number <= options.count; number += 1) {
      started.push(await startInstance(`sandbox-${number}`, key, groups, options));
    }
  } catch (error) {
    await close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    instances: started.map(({ instance }) => instance),
    privateKeyPath,
    close: () => (closing ??= close()),
  };
}

interface StartedInstance {
  readonly instance: SandboxInstance;
  readonly server: InstanceServer;
}

async function startInstance(
  name: string,
  authorized: KeyPair,
  groups: ProcessGroups,
  options: SandboxOptions,
): Promise<StartedInstance> {
  const home = join(options.folder, name);
  await mkdir(home, { mode: 0o700 });
  const hostKey = generateKey();
  const shell = options.shell ?? DEFAULT_SHELL;
  const env = { ...instanceEnvironment({ user: USER, home, shell }), ...options.env };
  const server = await listenAsInstance({
    user: USER,
    hostKey: hostKey.privateKey,
    authorizedKey: parsePublicKey(authorized.publicKey),
    maxSessions: options.maxSessions ?? DEFAULT_MAX_SESSIONS,
    sftp: options.sftp ?? true,
    surroundings: { shell, home, env, groups },
  });
  return { instance: describe(name, home, hostKey, server), server };
}

function describe(name: string, home: string, hostKey: KeyPair, server: InstanceServer): SandboxInstance {
  return {
    name,
    user: USER,
    address: '127.0.0.1',
    port: server.port,
    home,
    hostKey: hostKey.publicKey,
    connections: () => server.connections(),
    disconnectAll: () => server.disconnectAll(),
  };
}
