import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refusal } from './errors.ts';
import { isLoopback, type ListenAddress } from './listen-address.ts';

/**
 * A web page in somebody's browser must not get at the service: not by asking it directly (its origin is another one;
 * no answer has a header of CORS), and not under a name that it made point here.
 */
export function addOriginCheck(app: FastifyInstance, address: ListenAddress): void {
  if (address.kind === 'socket') return;
  const isLocal = isLoopback(address.host);
  app.addHook('onRequest', async ({ headers }: FastifyRequest) => {
    const host = headers.host ?? '';
    if (isLocal && !isLoopback(nameOf(host))) {
      throw refusal('host-refused', 'the request was meant for another host; name this one by 127.0.0.1 or localhost');
    }
    if (headers.origin !== undefined && originHost(headers.origin) !== host.toLowerCase()) {
      throw refusal('host-refused', 'the request comes from a web page of another origin, which is not let in');
    }
  });
}

/** `[::1]:8080` → `::1` */
function nameOf(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function originHost(origin: string): string | null {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase() ?? null;
}
