import { chmodSync, linkSync, lstatSync, mkdtempSync, renameSync, rmSync, type Stats } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { configError } from '../../model/errors.ts';
import { reasonOf } from '../../util/system-error.ts';

/** What the kernel takes for a path of a socket, bytes without the NUL (sun_path). */
const LONGEST_PATH = 107;
/** Two services that replace the same stale socket come to an end of it sooner. */
const MOST_TRIES = 10;

/**
 * Listens on a Unix socket that only its owner can open. It is made in a folder that nobody else can enter, gets its mode
 * there, and is then linked into place: so it is never there with another mode, and of two services that start at once one
 * gets the place. What a dead service has left is replaced; a living one keeps its place.
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
    await putInPlace(draft, path, join(folder, 'stale'));
    removeAtTheEnd(app, path);
    return path;
  } catch (error) {
    throw (error as Error).name === 'SpotError' ? error : failed(path, error);
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

/**
 * A socket that nobody answers at is taken away under a name of our own first, and asked there once more: it might be the
 * one that another service has put there meanwhile, and then it goes back.
 */
async function putInPlace(draft: string, path: string, aside: string): Promise<void> {
  for (let tries = 1; !linked(draft, path); tries += 1) {
    requireSocket(path);
    if (tries > MOST_TRIES || (await isAnswered(path))) throw busy(path);
    if (!renamed(path, aside)) continue;
    if (await isAnswered(aside)) {
      linked(aside, path);
      throw busy(path);
    }
    rmSync(aside);
  }
}

/** The path goes with the service, unless somebody has put another socket there. */
function removeAtTheEnd(app: FastifyInstance, path: string): void {
  const ours = statOf(path);
  app.server.once('close', () => {
    const found = statOf(path);
    if (found !== null && found.ino === ours?.ino && found.dev === ours.dev) rmSync(path, { force: true });
  });
}

function linked(from: string, to: string): boolean {
  return unless('EEXIST', () => linkSync(from, to));
}

function renamed(from: string, to: string): boolean {
  return unless('ENOENT', () => renameSync(from, to));
}

/** @returns false where it failed with that code. @throws any other error */
function unless(code: string, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
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

function requireSocket(path: string): void {
  const found = statOf(path);
  if (found === null || found.isSocket()) return;
  throw configError(
    'listen-busy',
    `${path} is there, and no socket; move it away, or set service.listen to another path`,
  );
}

function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function busy(path: string): Error {
  const message = `another service listens at ${path}; stop that one, or set service.listen to another path`;
  return configError('listen-busy', message);
}

function tooLong(path: string, bytes: number): Error {
  const message = `the path of the socket ${path} is ${bytes} bytes too long; set service.listen to a shorter one`;
  return configError('socket-path-too-long', message);
}

function failed(path: string, error: unknown): Error {
  const message = `the service cannot listen at ${path} (${reasonOf(error)}); set service.listen to another path`;
  return configError('listen-failed', message, error);
}
