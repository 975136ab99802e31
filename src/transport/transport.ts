import type { Readable, Writable } from 'node:stream';
import type { Problem } from '../model/errors.ts';
import type { Host } from '../model/plan.ts';

/** Why there is no connection. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /** `rejected`: the host answered but must not be used (its key) */
  readonly kind: 'unreachable' | 'rejected';
  readonly problem: Problem;

  constructor(kind: ConnectError['kind'], problem: Problem, cause?: unknown) {
    super(problem.message, { cause });
    this.kind = kind;
    this.problem = problem;
  }
}

/** Code of a rejection that may pass: whoever vouches for the host key has not spoken yet. */
export const HOST_KEY_UNPROVEN = 'host-key-unproven';

/** The link broke: everything that was under way on it fails with this. */
export class LinkLostError extends Error {
  override readonly name = 'LinkLostError';
}

export interface ConnectRequest {
  /** whose host key is pinned */
  readonly instanceId: string;
  /** what people call it, for messages */
  readonly label: string;
  readonly host: Host;
  /** the pinned key, `<type> <base64>`, or null before first contact */
  readonly pinnedKey: string | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How the far side of a channel ended; both null means that the link was lost first. */
export interface ChannelExit {
  readonly code: number | null;
  /** e.g. `SIGKILL` */
  readonly signal: string | null;
}

/** A command that runs over there. `stdout` and `stderr` end when the channel closes. */
export interface Channel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** settles once, never rejects */
  readonly exit: Promise<ChannelExit>;
  /** closes the channel without waiting for the command */
  close(): void;
}

export interface UploadOptions {
  /** total bytes acknowledged so far */
  readonly onProgress: (bytes: number) => void;
}

/** One authenticated connection to one host; everything of an attempt shares it. */
export interface Connection {
  /** round-trip time measured during the handshake, ms */
  readonly roundTripMs: number;
  /** the key the host showed, `<type> <base64>` */
  readonly hostKey: string;
  /**
   * Runs a command line in the login shell of the user.
   * @throws LinkLostError, or Error where the host refuses the channel
   */
  exec(command: string): Promise<Channel>;
  /**
   * Starts the SFTP subsystem; resolves to false where the host has none. Called again it gives the same answer.
   * @throws LinkLostError
   */
  openSftp(): Promise<boolean>;
  /**
   * Copies a local file over SFTP; the remote file gets mode 0600.
   * @throws LinkLostError, or Error with the host's words
   */
  upload(localPath: string, remotePath: string, options: UploadOptions): Promise<void>;
  /** settles when the link is gone: null after `close`, otherwise the error; never rejects */
  readonly closed: Promise<Error | null>;
  /** says goodbye; safe to call twice */
  close(): Promise<void>;
}

export interface Transport {
  /** @throws ConnectError for what the host did, SpotError where the configuration does not allow to connect at all */
  connect(request: ConnectRequest): Promise<Connection>;
  /** closes what connections share (jump hosts) */
  close(): Promise<void>;
}
