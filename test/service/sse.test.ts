import { get, type IncomingMessage } from 'node:http';
import { fastify, type FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServiceApi } from '../../src/service/api.ts';
import { parseServiceAddress } from '../../src/service/client/address.ts';
import { EventStreamParser } from '../../src/service/client/event-stream.ts';
import { sseRoutes } from '../../src/service/http/sse.ts';
import { useSchemas } from '../../src/service/http/validation.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { anInstance, aPlan, aResult as anEnd } from '../state/records.ts';
import { aResult, at } from '../unit/report/events.ts';
import { type Door, openDoor, TOKEN } from './door.ts';

const PLAN = aPlan('r1', [anInstance('i-1')]);
const END = anEnd('i-1', { kind: 'succeeded' });
const FINISHED = at.runFinished({ ...aResult([END]), runId: 'r1' });

async function aDoor(): Promise<Door> {
  const door = await openDoor();
  door.state.ledger.runStarted(PLAN);
  door.events.append('r1', at.runStarted(PLAN));
  door.events.append('r1', at.output(1, 'i-1', 'grün\n'));
  door.events.flush();
  return door;
}

interface Stream {
  readonly answer: IncomingMessage;
  text: string;
  isOver: boolean;
}

async function follow(
  { address }: Pick<Door, 'address'>,
  path: string,
  headers: Record<string, string> = {},
): Promise<Stream> {
  if (address.kind !== 'http') throw new Error('a port is listened at');
  const { host, port } = address;
  const all = { authorization: `Bearer ${TOKEN}`, ...headers };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host, port, path, headers: all }, resolve).on('error', reject);
  });
  onTestFinished(() => void answer.destroy());
  const stream: Stream = { answer, text: '', isOver: false };
  answer.setEncoding('utf8').on('data', (text: string) => (stream.text += text));
  answer.on('close', () => (stream.isOver = true)).on('error', () => undefined);
  return stream;
}

function eventsIn({ text }: Stream): string[] {
  return new EventStreamParser().push(Buffer.from(text)).map(({ id, data }) => {
    return `${id} ${(JSON.parse(data) as { type: string }).type}`;
  });
}

describe('GET /api/v1/runs/:id/events', () => {
  it('tells what was, what happens, and ends with the run', async () => {
    const door = await aDoor();
    const stream = await follow(door, '/api/v1/runs/r1/events');
    expect(stream.answer.statusCode).toBe(200);
    expect(stream.answer.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    await waitFor('two events', () => eventsIn(stream).length === 2);
    expect(stream.text.startsWith('retry: 1000\n\nid: 1\nevent: run-started\ndata: {"schema":1,')).toBe(true);
    expect(stream.text).toContain('id: 2\nevent: output\ndata: {"schema":1,"type":"output",');
    expect(stream.text).toContain('"instance_id":"i-1","stream":"stdout","text":"grün\\n"}\n\n');
    door.events.append('r1', at.finished(3, END));
    door.events.append('r1', FINISHED);
    await waitFor('the end', () => stream.isOver);
    expect(eventsIn(stream)).toEqual(['1 run-started', '2 output', '3 attempt-finished', '4 run-finished']);
  });

  it('goes on behind Last-Event-ID, which counts more than ?after', async () => {
    const door = await aDoor();
    const [one, two] = [
      await follow(door, '/api/v1/runs/r1/events?after=1'),
      await follow(door, '/api/v1/runs/r1/events?after=0', { 'last-event-id': '2' }),
    ];
    door.events.append('r1', at.finished(3, END));
    await waitFor('the events', () => eventsIn(two).length === 1 && eventsIn(one).length === 2);
    expect([eventsIn(one), eventsIn(two)]).toEqual([['2 output', '3 attempt-finished'], ['3 attempt-finished']]);
  });

  it('says that there is nothing more, so that a browser does not come again', async () => {
    const door = await aDoor();
    door.state.ledger.attemptFinished('r1', END);
    door.state.ledger.runEnded('r1', '2026-07-01T12:00:09.000Z');
    door.events.append('r1', at.finished(3, END));
    door.events.append('r1', FINISHED);
    door.events.flush();
    expect((await follow(door, '/api/v1/runs/r1/events', { 'last-event-id': '4' })).answer.statusCode).toBe(204);
    const late = await follow(door, '/api/v1/runs/r1/events', { 'last-event-id': '3' });
    await waitFor('the end', () => late.isOver);
    expect(eventsIn(late)).toEqual(['4 run-finished']);
  });

  it.each([
    ['/api/v1/runs/r9/events', {}, 404],
    ['/api/v1/runs/r1/events?after=x', {}, 400],
    ['/api/v1/runs/r1/events?before=1', {}, 400],
    ['/api/v1/runs/r1/events', { 'last-event-id': '-1' }, 400],
    ['/api/v1/runs/r1/events', { authorization: '' }, 401],
  ])('refuses %s %o with %i', async (path, headers, status) => {
    const stream = await follow(await aDoor(), path, headers);
    expect(stream.answer.statusCode).toBe(status);
    expect(stream.answer.headers['content-type']).toContain('application/json');
  });

  it('says that it lives where nothing happens', async () => {
    const door = await aDoor();
    const app = fastify() as unknown as FastifyInstance;
    onTestFinished(() => app.close());
    const run = { id: 'r1', mode: 'run', payload: {}, finishedAt: null };
    const events: ServiceApi['events'] = (runId, after, signal) => door.events.follow(runId, after, signal);
    useSchemas(app);
    await sseRoutes(app, { api: { run: () => run, events } as unknown as ServiceApi, heartbeatMs: 20 });
    const address = parseServiceAddress(await app.listen({ host: '127.0.0.1', port: 0 }), '/');
    const stream = await follow({ address }, '/api/v1/runs/r1/events?after=2');
    await waitFor('signs of life', () => stream.text.includes(':\n\n:\n\n'));
    door.events.append('r1', at.notice(3, null, 'hello'));
    await waitFor('the event', () => eventsIn(stream).length === 1);
    expect(stream.text).toMatch(/^retry: 1000\n\n(:\n\n)+id: 3\nevent: notice\n/);
  });

  it('ends when the service does', async () => {
    const door = await aDoor();
    const stream = await follow(door, '/api/v1/runs/r1/events');
    await waitFor('two events', () => eventsIn(stream).length === 2);
    await door.app.close();
    expect(eventsIn(stream)).toHaveLength(2);
    await waitFor('the end', () => stream.isOver);
  });

  it('lets go of a client that has left, and waits for one that does not read', async () => {
    const door = await aDoor();
    const gone = await follow(door, '/api/v1/runs/r1/events');
    const slow = await follow(door, '/api/v1/runs/r1/events');
    await waitFor('two events', () => eventsIn(slow).length === 2);
    gone.answer.destroy();
    slow.answer.pause();
    for (let number = 0; number < 300; number += 1) {
      door.events.append('r1', at.output(number, 'i-1', 'x'.repeat(32 * 1024), number % 2 === 0 ? 'stdout' : 'stderr'));
    }
    door.events.flush();
    slow.answer.resume();
    await waitFor('all of it', () => eventsIn(slow).length === 302, 15_000);
  });
});
