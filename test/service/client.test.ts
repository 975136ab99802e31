import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { parseServiceAddress, type ServiceAddress } from '../../src/service/client/address.ts';
import { type RunOrder, ServiceClient } from '../../src/service/client/client.ts';
import type { FollowOptions } from '../../src/service/client/follow.ts';
import { systemClock } from '../../src/util/clock.ts';
import { Secret } from '../../src/util/secret.ts';
import { type FaultKind, startProxy } from '../helpers/proxy.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { anInstance, aPlan, aResult as anEnd } from '../state/records.ts';
import { aResult, at } from '../unit/report/events.ts';
import { type Door, openDoor, PAYLOAD, TOKEN } from './door.ts';

const AT_ONCE: FollowOptions = { clock: systemClock, random: () => 0, pauseMs: () => 0 };
const ORDER: RunOrder = {
  words: { limit: ['web-*'], exclude: [] },
  expected: ['i-1'],
  payload: { digest: 'cd'.repeat(32) },
  execute: true,
  args: ['a b'],
  environment: new Map([['KEY', new Secret('value')]]),
  remotePath: null,
  timeoutMs: 1500,
  readyTimeoutMs: null,
  retries: 3,
  cleanup: false,
  exclusive: true,
};

function clientAt(address: ServiceAddress, options = AT_ONCE, token: string | null = TOKEN): ServiceClient {
  const client = new ServiceClient(address, token === null ? null : new Secret(token), options);
  onTestFinished(() => client.close());
  return client;
}

function http(port: number): ServiceAddress {
  return parseServiceAddress(`http://127.0.0.1:${port}`, '/');
}

async function gather(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const gathered: RunEvent[] = [];
  for await (const event of events) gathered.push(event);
  return gathered;
}

const never = new AbortController().signal;
const PLAN = aPlan('r1', [anInstance('i-1', { name: 'web-1' })]);
const END = anEnd('i-1', { kind: 'succeeded' });
const FINISHED = at.runFinished({ ...aResult([END]), runId: 'r1' });
const REST = [at.output(2, 'i-1', 'grün\n'), at.finished(3, END), FINISHED];

async function withRun(door: Door): Promise<Door> {
  door.state.ledger.runStarted(PLAN);
  for (const event of [at.runStarted(PLAN), ...REST]) door.events.append('r1', event);
  door.events.flush();
  return door;
}

async function portOfServer(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

function portOf({ address }: Door): number {
  if (address.kind !== 'http') throw new Error('a port is listened at');
  return address.port;
}

describe('a client', () => {
  it.each(['tcp', 'socket'])('asks over %s', async (kind) => {
    const path = join(tempDir(), 'service.sock');
    const door = await withRun(await openDoor(kind === 'socket' ? { at: { kind, path } } : {}));
    door.state.instances.add([anInstance('i-1', { name: 'web-1' }), anInstance('i-2', { state: 'stopped' })]);
    const client = clientAt(door.address, AT_ONCE, kind === 'socket' ? null : TOKEN);
    const selection = await client.select({ limit: [], exclude: ['x'] });
    expect(selection).toMatchObject({
      chosen: [{ instanceId: 'i-1', name: 'web-1', publicIp: '10.0.0.1' }],
      skipped: [{ instance: { instanceId: 'i-2' }, reason: 'stopped' }],
      unmatched: { limit: [], exclude: ['x'] },
      notReady: [],
    });
    expect(await client.startRun(ORDER)).toEqual({
      runId: 'r1',
      payload: PAYLOAD,
      errors: [{ instance: 'i-9', code: 'instance-not-running', message: 'it is stopped' }],
    });
    expect(door.started).toMatchObject([
      { instanceIds: ['i-1'], args: ['a b'], environment: new Map([['KEY', 'value']]), timeoutMs: 1500, retries: 3 },
    ]);
    await client.cancel('r1');
    expect(door.cancelled).toEqual(['r1']);
    expect((await gather(client.follow('r1', never))).slice(1)).toEqual(REST);
  });

  it('tells a refusal by the code and the sentence of the service', async () => {
    const door = await openDoor();
    const client = clientAt(door.address);
    await expect(client.select({ limit: ['=x'], exclude: [] })).rejects.toMatchObject({
      code: 'bad-selector',
      exitCode: 64,
    });
    await expect(client.startRun(ORDER)).rejects.toMatchObject({ code: 'no-instance-selected', exitCode: 69 });
    await expect(clientAt(door.address, AT_ONCE, null).select({ limit: [], exclude: [] })).rejects.toMatchObject({
      code: 'service-refused',
      exitCode: 78,
      message: `the service at ${door.address.shown} refuses: the request shows no token; give a token by SPOT_TOKEN or service.token_file`,
    });
  });

  it('says in a sentence that nobody is there, or somebody else', async () => {
    const select = (address: ServiceAddress) => clientAt(address).select({ limit: [], exclude: [] });
    const folder = tempDir();
    await expect(select(parseServiceAddress('./no.sock', folder))).rejects.toMatchObject({
      code: 'service-unreachable',
      exitCode: 69,
      message: `the service at ./no.sock cannot be reached: there is no such socket; see to it that spot serve runs there, or correct --via`,
    });
    const other = createTcpServer((socket) => socket.resume().end('220 mail.example.com\r\n'));
    onTestFinished(() => void other.close());
    const port = await portOfServer(other);
    await expect(select(http(port))).rejects.toMatchObject({
      code: 'service-unreachable',
      message: `the service at http://127.0.0.1:${port} cannot be reached: what listens there does not speak HTTP; see to it that spot serve runs there, or correct --via`,
    });
    await expect(select(parseServiceAddress(`https://127.0.0.1:${port}`, '/'))).rejects.toMatchObject({
      code: 'service-unreachable',
      message: expect.stringContaining('it does not speak TLS') as string,
    });
    await new Promise((closed) => other.close(closed));
    await expect(select(http(port))).rejects.toMatchObject({
      code: 'service-unreachable',
      message: expect.stringContaining('connection refused') as string,
    });
    const page = createServer((_request, response) => response.end('<html>'));
    onTestFinished(() => void page.close());
    await expect(select(http(await portOfServer(page)))).rejects.toMatchObject({ code: 'service-answer' });
  });
});

describe('who follows a run through a bad connection', () => {
  it.each<[FaultKind, string, number]>([
    ['fin', 'odd', 0],
    ['reset', 'even', 1],
  ])(
    'gets every event once, wherever it is cut: %s at every %s byte',
    async (kind, _which, offset) => {
      const door = await withRun(await openDoor());
      const whole = await startProxy({ address: '127.0.0.1', port: portOf(door) });
      const expected = await gather(clientAt(http(whole.port)).follow('r1', never));
      const length = whole.links[0]?.passed.down ?? 0;
      expect(expected.slice(1)).toEqual(REST);
      expect(length).toBeGreaterThan(1000);
      // each connection with an odd number is cut two bytes behind where the one before was
      const proxy = await startProxy({ address: '127.0.0.1', port: portOf(door) }, (connection) =>
        connection % 2 === 0 ? null : { kind, direction: 'down', atByte: connection + offset },
      );
      const client = clientAt(http(proxy.port));
      let cut = 0;
      while (cut < length) {
        const before = proxy.links.length;
        expect(await gather(client.follow('r1', never))).toEqual(expected);
        cut = proxy.links.length;
        // one that was cut behind the last event did not need another
        if ((proxy.links.length - before) % 2 !== 0) break;
      }
      expect(cut).toBeGreaterThan(length - 200);
    },
    120_000,
  );

  it('gives up after a while, and says where to look', async () => {
    const door = await openDoor();
    door.state.ledger.runStarted(PLAN);
    door.events.append('r1', at.runStarted(PLAN));
    door.events.flush();
    const proxy = await startProxy({ address: '127.0.0.1', port: portOf(door) });
    const client = clientAt(http(proxy.port), { ...AT_ONCE, pauseMs: () => 5, patienceMs: 60 });
    const events = client.follow('r1', never)[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { type: 'run-started' } });
    proxy.close();
    await expect(events.next()).rejects.toMatchObject({
      code: 'service-lost',
      exitCode: 4,
      message: expect.stringMatching(
        /^the service at http:\/\/127\.0\.0\.1:\d+ has not been reached for \d+ ms; .* look at it there with spot show r1$/,
      ) as string,
    });
  });

  it('does not come again where it is refused, nor where it was told to leave', async () => {
    const door = await withRun(await openDoor());
    const proxy = await startProxy({ address: '127.0.0.1', port: portOf(door) });
    const client = clientAt(http(proxy.port));
    await expect(gather(client.follow('r9', never))).rejects.toMatchObject({ code: 'run-unknown' });
    expect(proxy.links).toHaveLength(1);
    expect(await gather(client.follow('r1', AbortSignal.abort()))).toEqual([]);
    expect(proxy.links).toHaveLength(1);
  });

  it('leaves in the middle when it is told to', async () => {
    const door = await openDoor();
    door.state.ledger.runStarted(PLAN);
    door.events.append('r1', at.runStarted(PLAN));
    door.events.flush();
    const leaving = new AbortController();
    const told = vi.fn();
    const followed = (async () => {
      for await (const event of clientAt(door.address).follow('r1', leaving.signal)) told(event.type);
    })();
    await waitFor('the first event', () => told.mock.calls.length === 1);
    leaving.abort();
    await followed;
    expect(told.mock.calls).toEqual([['run-started']]);
  });
});
