import type { FastifyInstance } from 'fastify';
import { configError } from '../../model/errors.ts';
import { reasonOf } from '../../util/system-error.ts';
import type { ListenAddress } from './listen-address.ts';
import { listenOnSocket } from './socket-file.ts';

/**
 * Opens the door.
 * @returns where, as a client has to write it: a path, or `http://127.0.0.1:8080` with the port that was taken
 * @throws SpotError (exit 78) `listen-busy`, `listen-failed`, `socket-path-too-long`
 */
export async function listen(app: FastifyInstance, address: ListenAddress): Promise<string> {
  await app.ready();
  if (address.kind === 'socket') return listenOnSocket(app, address.path);
  const { host, port } = address;
  try {
    // fastify would open a second server for the other address of this name
    return await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port, listenTextResolver: () => '' });
  } catch (error) {
    throw explain(error, `${host}:${port}`);
  }
}

function explain(error: unknown, where: string): Error {
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    const message = `${where} is taken by another program; stop that one, or set service.listen to another address`;
    return configError('listen-busy', message, error);
  }
  const message = `the service cannot listen at ${where} (${reasonOf(error)}); set service.listen to another address`;
  return configError('listen-failed', message, error);
}
