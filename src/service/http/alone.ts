import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { pause } from '../../util/pause.ts';

/** What is done alone takes a few milliseconds. */
const PATIENCE_MS = 2000;
const LOOK_AGAIN_MS = 5;

/**
 * Does something about a path that only one process of this machine is to do at a time. The lock is a name in the kernel's
 * list of sockets, which goes with its process, however that ends: it is never left behind. Where the kernel has no such
 * names (only Linux has them), or somebody else sits on it, it is done all the same.
 */
export async function alone<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = await take(nameFor(path));
  try {
    return await work();
  } finally {
    lock?.close();
  }
}

async function take(name: string): Promise<Server | null> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_AGAIN_MS) {
    const server = createServer((socket) => socket.destroy());
    try {
      server.listen(name);
      await once(server, 'listening');
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return null;
      await pause(LOOK_AGAIN_MS);
    }
  }
  return null;
}

/** Begins with a NUL: no file is made. */
function nameFor(path: string): string {
  const place = `${realpathSync(dirname(path))}/${basename(path)}`;
  return `\0spot-${createHash('sha256').update(place).digest('hex')}`;
}
