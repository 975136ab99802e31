import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync, type Stats } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { configError, SpotError } from '../../model/errors.ts';
import { reasonOf } from '../../util/system-error.ts';
import { alone } from './alone.ts';

/** What the kernel takes for a path of a socket, bytes without the NUL (sun_path). */
const LONGEST_PATH = 107;

/**
 * Listens on a Unix socket that only its owner can open. It is made in a folder that nobody else can enter, gets its mode
 * there, and is then moved into place: so it is never there with another mode. What a dead service has left is replaced; a
 * living one keeps its place.
 * @returns the path
 * @throws SpotError (exit 78) `listen-busy`, `listen-failed`, `socket-path-too-long`
 */
export async function listenOnSocket(app: FastifyInstance, path: string): Promise<string> {
  const folder = makeFolder(path);
  const draft = join(folder, 's');
  try {
    if (Buffer.byteLength(draft) > LONGEST_PATH) throw tooLong(path, Buffer.byteLength(draft) - LONGEST_PATH);
    await app.listen({ path: draft, listenTextResolver: () => '' });
    chmodSync(draft, 0o600);
    await alone(path, async () => {
      await requireFree(path);
      renameSync(draft, path);
    });
    removeAtTheEnd(app, path);
    return path;
  } catch (error) {
    throw error instanceof SpotError ? error : failed(path, error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeFolder(path: string): string {
  try {
    return mkdtempSync(join(dirname(path), '.s-'));
  } catch (error) {
    throw failed(path, error);
  }
}

/** @throws SpotError `listen-busy` where a service answers there, or something else than a socket is there */
async function requireFree(path: string): Promise<void> {
  const found = statOf(path);
  if (found === null) return;
  if (!found.isSocket()) {
    const message = `${path} is there, and no socket; move it away, or set service.listen to another path`;
    throw configError('listen-busy', message);
  }
  if (!(await isAnswered(path))) return;
  const message = `another service listens at ${path}; stop that one, or set service.listen to another path`;
  throw configError('listen-busy', message);
}

/** The path goes with the service, unless somebody has put another socket there. */
function removeAtTheEnd(app: FastifyInstance, path: string): void {
  const ours = statOf(path);
  app.server.once('close', () => {
    const found = statOf(path);
    if (found !== null && found.ino === ours?.ino && found.dev === ours.dev) rmSync(path, { force: true });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (answered: boolean) => () => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', settle(true));
    // of a socket nobody listens at ECONNREFUSED; what is full, or may not be opened, belongs to somebody
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      settle(code !== 'ECONNREFUSED' && code !== 'ENOENT')();
    });
  });
}

function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function tooLong(path: string, bytes: number): Error {
  const message = `the path of the socket ${path} is ${bytes} bytes too long; set service.listen to a shorter one`;
  return configError('socket-path-too-long', message);
}

function failed(path: string, error: unknown): Error {
  const message = `the service cannot listen at ${path} (${reasonOf(error)}); set service.listen to another path`;
  return configError('listen-failed', message, error);
}
