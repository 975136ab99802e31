import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ownNetwork } from '../../../src/fleet/own-address.ts';
import { leakCheck } from '../../helpers/leaks.ts';

leakCheck();

/** Asks a service that answers like this; `{service}` stands for its address in what comes back. */
async function asked(answer: RequestListener, timeoutMs = 5000): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await ownNetwork(service, timeoutMs, new AbortController().signal).catch((error: unknown) =>
      String(error).replace(service, '{service}'),
    );
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

const ADVICE =
  'set aws.ssh_from to the network that may reach port 22, such as 203.0.113.7/32, or name a group with --security-group';

describe('the address of this machine', () => {
  test.each([
    ['203.0.113.7\n', '203.0.113.7/32'],
    ['2001:db8::7', '2001:db8::7/128'],
  ])('%j is the network %s', async (text, network) => {
    expect(await asked((_, response) => response.end(text))).toBe(network);
  });

  test.each<[string, RequestListener, string]>([
    ['a page', (_, response) => response.end('<html>sign in'), 'it says "<html>sign in", which is no IP address'],
    ['nothing', (_, response) => response.end(), 'it says "", which is no IP address'],
    ['an error', (_, response) => response.writeHead(503).end('203.0.113.7'), 'it answers 503'],
    ['a page without end', (_, response) => drip(response), `it says "${'x'.repeat(40)}", which is no IP address`],
    ['a cut connection', (request) => request.destroy(), 'other side closed'],
  ])('is not known from %s', async (_, answer, reason) => {
    expect(await asked(answer)).toBe(
      `SpotError: cannot find out the address of this machine from {service} (${reason}); ${ADVICE}`,
    );
  });

  test('is not waited for longer than is said', async () => {
    expect(await asked(() => undefined, 200)).toContain('(no answer in 0.2 s)');
  });

  test('is not known where nobody answers', async () => {
    const work = ownNetwork('http://127.0.0.1:1', 5000, new AbortController().signal);
    await expect(work).rejects.toMatchObject({
      code: 'address-unknown',
      exitCode: 78,
      message: expect.stringMatching(/ECONNREFUSED|bad port/) as string,
    });
  });
});

function drip(response: import('node:http').ServerResponse): void {
  response.on('error', () => undefined);
  const write = (): void => {
    if (!response.destroyed) response.write('x'.repeat(64 * 1024), () => setImmediate(write));
  };
  write();
}
