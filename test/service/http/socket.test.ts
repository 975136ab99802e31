import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fastify, type FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../../src/service/http/listen.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { askSocket } from './ask-socket.ts';
import { startServer } from './support.ts';

leakCheck();

function plainServer(answer: string): FastifyInstance {
  const app = fastify();
  app.get('/', async () => ({ answer }));
  onTestFinished(() => app.close());
  return app;
}

/** What is left of a service that was killed. */
async function staleSocket(path: string): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(lstatSync(path).isSocket()).toBe(true);
}

test('only its owner can open it, nothing lies beside it, and it goes with the server', async () => {
  const folder = tempDir();
  const path = join(folder, 'service.sock');
  const { where, close } = await startServer({ listen: path });
  expect(where).toBe(path);
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['service.sock']);
  await close();
  expect(readdirSync(folder)).toEqual([]);
});

test('whoever can open it needs no token, and is on record as socket', async () => {
  const path = join(tempDir(), 's');
  const { api, log } = await startServer({ listen: path });
  expect(await askSocket(path, '/api/v1/instances/i-1')).toMatchObject({ status: 200, body: { instance_id: 'i-1' } });
  expect(api.calls).toEqual([]);
  expect(log.lines().at(-1)).toMatchObject({ who: 'socket', route: '/api/v1/instances/:id', status: 200 });
});

test('the socket of a dead service is replaced', async () => {
  const path = join(tempDir(), 's');
  await staleSocket(path);
  await listen(plainServer('new'), { kind: 'socket', path });
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(await askSocket(path, '/')).toEqual({ status: 200, body: { answer: 'new' } });
});

test('the socket of a living service stays, and the second one is told', async () => {
  const path = join(tempDir(), 's');
  await listen(plainServer('first'), { kind: 'socket', path });
  const second = plainServer('second');
  await expect(listen(second, { kind: 'socket', path })).rejects.toMatchObject({
    code: 'listen-busy',
    exitCode: 78,
    message: `another service listens at ${path}; stop that one, or set service.listen to another path`,
  });
  await second.close();
  expect(await askSocket(path, '/')).toEqual({ status: 200, body: { answer: 'first' } });
});

test('of several services that start at once on a stale socket one gets the place', async () => {
  const folder = tempDir();
  const path = join(folder, 's');
  for (let round = 0; round < 10; round += 1) {
    await staleSocket(path);
    const servers = Array.from({ length: 4 }, (_, number) => plainServer(String(number)));
    const results = await Promise.allSettled(servers.map((app) => listen(app, { kind: 'socket', path })));
    const winners = results.flatMap(({ status }, number) => (status === 'fulfilled' ? [String(number)] : []));
    expect(winners).toHaveLength(1);
    expect(await askSocket(path, '/')).toEqual({ status: 200, body: { answer: winners[0] } });
    await Promise.all(servers.map((app) => app.close()));
    expect(readdirSync(folder)).toEqual([]);
  }
});

test.each([
  [
    'a file that is no socket',
    (path: string) => writeFileSync(path, 'precious'),
    'listen-busy',
    /is there, and no socket/,
  ],
  ['a folder', (path: string) => mkdirSync(path), 'listen-busy', /is there, and no socket/],
])('%s in its place stays, and is named', async (_, put, code, message) => {
  const path = join(tempDir(), 's');
  put(path);
  await expect(listen(plainServer(''), { kind: 'socket', path })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  expect(existsSync(path)).toBe(true);
});

test('a path that the kernel would cut is refused', async () => {
  const folder = tempDir();
  const path = join(folder, 'long'.repeat(30), 's');
  mkdirSync(join(path, '..'));
  await expect(listen(plainServer(''), { kind: 'socket', path })).rejects.toMatchObject({
    code: 'socket-path-too-long',
    message: expect.stringMatching(
      /^the path of the socket .* is \d+ bytes too long; set service\.listen to a shorter one$/,
    ),
  });
});

test('a folder that is not there is named', async () => {
  const path = join(tempDir(), 'nope', 's');
  await expect(listen(plainServer(''), { kind: 'socket', path })).rejects.toMatchObject({
    code: 'listen-failed',
    message: `the service cannot listen at ${path} (no such file or directory); set service.listen to another path`,
  });
});

test('a port that is taken is named', async () => {
  const { where } = await startServer();
  const { hostname, port } = new URL(where);
  const address = { kind: 'tcp', host: hostname, port: Number(port) } as const;
  await expect(listen(plainServer(''), address)).rejects.toMatchObject({
    code: 'listen-busy',
    message: `127.0.0.1:${port} is taken by another program; stop that one, or set service.listen to another address`,
  });
});
