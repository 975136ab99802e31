import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import process from 'node:process';
import { descendantsOf, killAll, processesMarked, type ProcessInfo, sendSignal } from './processes.ts';
import type { SshdFolder } from './sshd-folder.ts';

/** In the environment of whatever the sessions of one host start. */
export const HOST_MARK = 'TEST_HOST_MARK';

const running = new Set<SshdHost>();

// a test process that ends early must not leave daemons behind
process.once('exit', () => {
  for (const host of running) host.killNow();
});

/** A sshd that answers. Whoever started it closes it. */
export class SshdHost {
  readonly user: string;
  readonly address: string;
  readonly port: number;
  /** `<type> <base64>` */
  readonly hostKey: string;
  readonly hostKeyFile: string;
  /** the private key that may log in */
  readonly identityFile: string;
  /** HOME of its sessions, and where they start */
  readonly home: string;
  readonly #folder: SshdFolder;
  readonly #daemon: ChildProcess & { readonly pid: number };
  readonly #mark: string;

  constructor(
    folder: SshdFolder,
    daemon: ChildProcess & { readonly pid: number },
    mark: string,
    at: { address: string; port: number; account: string },
  ) {
    this.user = at.account;
    this.address = at.address;
    this.port = at.port;
    this.hostKey = folder.hostKey.publicKey;
    this.hostKeyFile = folder.hostKey.file;
    this.identityFile = folder.client.file;
    this.home = folder.home;
    this.#folder = folder;
    this.#daemon = daemon;
    this.#mark = mark;
    running.add(this);
  }

  /** Everything sshd has said so far. */
  log(): string {
    return readFileSync(this.#folder.log, 'utf8');
  }

  /** What the sessions started and is still alive, also in sessions of its own or below init. */
  processes(): ProcessInfo[] {
    return processesMarked(HOST_MARK, this.#mark);
  }

  /** Breaks every connection as a crash of the link would: what the sessions started runs on. */
  dropConnections(): void {
    this.#signalSessions('SIGKILL');
  }

  /** Stops answering without closing anything, as an instance that vanished; new connections hang too. */
  freeze(): void {
    this.#daemon.kill('SIGSTOP');
    this.#signalSessions('SIGSTOP');
  }

  thaw(): void {
    this.#signalSessions('SIGCONT');
    this.#daemon.kill('SIGCONT');
  }

  /**
   * Ends sshd, its sessions and all they started, and removes its folder; safe to call twice.
   * @throws Error that names a process which survives
   */
  async close(): Promise<void> {
    if (!running.delete(this)) return;
    // stopped, it accepts nobody while its sessions are being killed
    this.#daemon.kill('SIGSTOP');
    const below = (): ProcessInfo[] => [...descendantsOf(this.#daemon.pid), ...this.processes()];
    try {
      await killAll(below);
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    const ended = new Promise((resolve) => this.#daemon.once('exit', resolve));
    if (this.#daemon.exitCode === null && this.#daemon.kill('SIGKILL')) await ended;
    rmSync(this.#folder.path, { recursive: true });
  }

  /** The processes of sshd itself that serve a connection: their titles are `sshd: user@notty` and the like. */
  #signalSessions(signal: NodeJS.Signals): void {
    const sessions = descendantsOf(this.#daemon.pid).filter(({ command }) => /^sshd(-session|-auth)?: /.test(command));
    for (const { pid } of sessions) sendSignal(pid, signal);
  }

  /** For the end of this process only, where nothing can be waited for. */
  killNow(): void {
    this.#daemon.kill('SIGKILL');
  }
}
