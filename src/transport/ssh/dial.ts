import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import type { Algorithms, AuthMethod, Client, ClientErrorExtensions, ConnectConfig } from 'ssh2';
import { formatDuration } from '../../util/format.ts';
import { reasonOf } from '../../util/system-error.ts';

/** A byte stream to a host's sshd, and the round-trip time seen while it was opened, ms. */
export interface Link {
  readonly stream: Duplex;
  readonly roundTripMs: number;
}

/**
 * Opens a TCP connection with TCP_NODELAY, which ssh2 never sets: a handshake is many small packets.
 * @throws the socket's error, or the signal's reason
 */
export async function openTcp(address: string, port: number, signal: AbortSignal): Promise<Link> {
  const resolved = await lookup(address);
  signal.throwIfAborted();
  const started = performance.now();
  const socket = connect({ host: resolved.address, port, noDelay: true });
  await untilOpen(socket, signal);
  return { stream: socket, roundTripMs: performance.now() - started };
}

function untilOpen(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.destroy(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    // stays for the socket's life: an error between here and the handshake must not be uncaught
    socket.on('error', (error) => {
      signal.removeEventListener('abort', abort);
      reject(error);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}

export interface HandshakeOptions {
  readonly username: string;
  readonly authHandler: AuthMethod[];
  readonly algorithms: Algorithms;
  /** says yes or no to the host's raw public key */
  readonly acceptKey: (key: Buffer) => boolean;
  readonly keepaliveIntervalMs: number;
  readonly signal: AbortSignal;
}

/** Keepalives without an answer after which the link counts as lost. */
const KEEPALIVE_COUNT = 3;

/**
 * The SSH handshake on an open stream.
 * @returns an authenticated ssh2 client that has at least one 'error' listener for life
 * @throws the client's error, or the signal's reason; the stream is closed then
 */
export async function handshake(stream: Duplex, options: HandshakeOptions): Promise<Client> {
  const ssh = new NodeSSH();
  const ready = ssh.connect({
    sock: stream,
    username: options.username,
    authHandler: options.authHandler,
    algorithms: options.algorithms,
    hostVerifier: options.acceptKey,
    keepaliveInterval: options.keepaliveIntervalMs,
    keepaliveCountMax: KEEPALIVE_COUNT,
    // the deadline is the signal's
    readyTimeout: 0,
  } satisfies ConnectConfig);
  // made synchronously by connect(); node-ssh drops its own listener after 'ready', and a reset would be uncaught
  const client = ssh.connection as Client;
  client.on('error', (error) => {
    error.message = linkLossWords(error, options.keepaliveIntervalMs);
  });
  const gone = goneOf(stream, options.signal);
  try {
    await Promise.race([ready, gone.promise]);
    return client;
  } catch (error) {
    stream.destroy();
    throw options.signal.aborted ? options.signal.reason : error;
  } finally {
    gone.forget();
  }
}

/** Why a link broke, for people: the error of the system, or ssh2's after as many keepalives as nobody answered. */
function linkLossWords(error: Error & ClientErrorExtensions, keepaliveIntervalMs: number): string {
  if (error.level !== 'client-timeout') return reasonOf(error);
  return `the host has not answered for ${formatDuration(KEEPALIVE_COUNT * keepaliveIntervalMs)}`;
}

/** ssh2 waits for ever on a stream that closed before it listened, and destroys none that the far side has ended. */
function goneOf(stream: Duplex, signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  let onClose = (): void => undefined;
  let onAbort = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    onClose = () => reject(new Error('No response from server'));
    onAbort = () => reject(signal.reason as Error);
    stream.once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (stream.destroyed) onClose();
    if (signal.aborted) onAbort();
  });
  promise.catch(() => undefined);
  return {
    promise,
    forget: () => {
      stream.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
