import type { Duplex } from 'node:stream';
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import type { Channel, ChannelExit, Connection, UploadOptions } from '../transport.ts';
import { LinkLostError } from '../transport.ts';

/** How long a goodbye may take before the socket is simply closed, ms. */
const GOODBYE_MS = 1000;
/** The client's own figures for the fastest upload over SFTP: 64 requests of 32 KiB under way. */
const SFTP_PIPELINE = { concurrency: 64, chunkSize: 32 * 1024 } as const;
/** Nothing is printed by a library: ssh2-sftp-client's default callbacks write to the console. */
const SILENT = { error: () => undefined, end: () => undefined, close: () => undefined };

export interface SshConnectionFacts {
  /** what the client speaks over */
  readonly stream: Duplex;
  readonly roundTripMs: number;
  readonly hostKey: string;
}

/** A ready ssh2 client as a `Connection`. It listens for errors as long as the client lives. */
export class SshConnection implements Connection {
  readonly roundTripMs: number;
  readonly hostKey: string;
  readonly closed: Promise<Error | null>;
  readonly #client: Client;
  readonly #stream: Duplex;
  #sftp: Promise<SFTPWrapper | null> | null = null;
  #saidGoodbye = false;
  /** the link is broken, or about to be closed */
  #gone = false;

  constructor(client: Client, facts: SshConnectionFacts) {
    this.#client = client;
    this.#stream = facts.stream;
    this.roundTripMs = facts.roundTripMs;
    this.hostKey = facts.hostKey;
    let last: Error | null = null;
    client.on('error', (error) => {
      last = error;
      this.#gone = true;
    });
    client.once('end', () => {
      this.#gone = true;
    });
    this.closed = new Promise((resolve) => {
      client.once('close', () => {
        this.#gone = true;
        resolve(this.#saidGoodbye ? null : new LinkLostError(last?.message ?? 'the host closed the connection'));
      });
    });
  }

  async exec(command: string): Promise<Channel> {
    return this.#orLost((settle) => {
      // a command that ends at once does so in the packets that come with its start: listen before they are read
      this.#client.exec(command, (error, stream) => settle(error, error ? undefined : new SshChannel(stream)));
    });
  }

  async openSftp(): Promise<boolean> {
    this.#sftp ??= this.#orLost<SFTPWrapper>((settle) => this.#client.sftp(settle)).catch((error: unknown) => {
      if (error instanceof LinkLostError) throw error;
      return null;
    });
    return (await this.#sftp) !== null;
  }

  async upload(localPath: string, remotePath: string, options: UploadOptions): Promise<void> {
    const sftp = (await this.openSftp()) ? await this.#sftp : null;
    if (sftp === null) throw new Error('the host has no SFTP subsystem');
    const sftpClient = new SftpClient('spot', SILENT);
    Object.assign(sftpClient, { client: this.#client, sftp });
    await this.#orLost<undefined>((settle) => {
      sftpClient
        .fastPut(localPath, remotePath, {
          ...SFTP_PIPELINE,
          mode: 0o600,
          step: (transferred: number) => options.onProgress(transferred),
        })
        .then(() => settle(undefined), settle);
    });
  }

  async close(): Promise<void> {
    this.#saidGoodbye = true;
    this.#client.end();
    const timer = setTimeout(() => this.#stream.destroy(), GOODBYE_MS);
    await this.closed;
    clearTimeout(timer);
  }

  /**
   * ssh2 forgets some callbacks of a lost link, and calls others with an error that sounds like the host's: whatever
   * fails with the link is lost, and never waits longer than the link lives.
   */
  #orLost<T>(start: (settle: (error: Error | undefined, value?: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      void this.closed.then((error) => reject(error ?? new LinkLostError('the connection is closed')));
      if (this.#gone) return;
      try {
        start((error, value) => {
          if (!error) resolve(value as T);
          else if (!this.#gone) reject(error);
        });
      } catch (error) {
        reject(new LinkLostError(error instanceof Error ? error.message : String(error)));
      }
    });
  }
}

class SshChannel implements Channel {
  readonly stdin;
  readonly stdout;
  readonly stderr;
  readonly exit: Promise<ChannelExit>;
  readonly #stream: ClientChannel;

  constructor(stream: ClientChannel) {
    this.#stream = stream;
    this.stdin = stream;
    this.stdout = stream;
    this.stderr = stream.stderr;
    // a write on a closed channel is an 'error' here; what became of the command is told by `exit`
    stream.on('error', () => undefined);
    this.exit = new Promise((resolve) => {
      stream.once('close', (code?: number | null, signal?: string) => {
        resolve({ code: code ?? null, signal: signal ?? null });
      });
    });
  }

  close(): void {
    this.#stream.close();
  }
}
