import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { InferOutput } from 'valibot';
import type { NumberedEvent, RunSummary, ServiceApi } from '../api.ts';
import type { RunFacts } from '../events/document.ts';
import { encodeEvent } from '../events/wire.ts';
import { idParams, type WithId } from '../rpc/params.ts';
import { paramsInvalid } from '../rpc/validate.ts';
import { errorAnswer } from './answers.ts';
import { eventsQuery } from './run-schemas.ts';

/** Between two signs of life, ms: proxies take a connection for dead that is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it comes again, ms. */
const RETRY_MS = 1000;

export interface SseOptions {
  readonly api: Pick<ServiceApi, 'run' | 'events'>;
  /** ms; 15 s by default */
  readonly heartbeatMs?: number;
}

interface EventsRequest extends WithId {
  readonly Querystring: InferOutput<typeof eventsQuery>;
}

/** The events of a run as they happen, by the standard of server-sent events: `id` is the number, `event` the type. */
export async function sseRoutes(app: FastifyInstance, { api, heartbeatMs = HEARTBEAT_MS }: SseOptions): Promise<void> {
  const open = new Set<AbortController>();
  app.addHook('preClose', async () => {
    for (const leaving of open) leaving.abort();
  });
  app.get<EventsRequest>(
    '/api/v1/runs/:id/events',
    {
      config: { timeLimit: 'none', page: true },
      schema: {
        summary: 'Follow the events of a run (text/event-stream); goes on behind Last-Event-ID, or ?after',
        params: idParams,
        querystring: eventsQuery,
        produces: ['text/event-stream'],
        response: { '4xx': errorAnswer },
      },
    },
    async ({ params: { id }, query, headers }, reply) => {
      const after = afterOf(headers['last-event-id']) ?? Number(query.after ?? 0);
      const run = api.run(id);
      const leaving = new AbortController();
      open.add(leaving);
      reply.raw.once('close', () => {
        open.delete(leaving);
        leaving.abort();
      });
      const events = api.events(id, after, leaving.signal);
      const iterator = events[Symbol.asyncIterator]();
      const first = iterator.next();
      // there is nothing to come: whoever reconnects by itself must not do so for ever
      if (run.finishedAt !== null && (await first).done === true) return reply.code(204).send();
      const frames = framesOf(iterator, first, factsOf(run), heartbeatMs);
      void reply.headers({ 'x-accel-buffering': 'no' }).type('text/event-stream');
      return reply.send(Readable.from(frames));
    },
  );
}

/** A client that comes again says so in the header; what it asked for at first is in the query still. */
function afterOf(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw paramsInvalid([{ path: 'Last-Event-ID', message: 'it is not the number of an event' }]);
}

function factsOf({ id, mode, payload: { name, digest, sizeBytes, files } }: RunSummary): RunFacts {
  return { id, mode, payload: { name, digest, size_bytes: sizeBytes, files } };
}

async function* framesOf(
  events: AsyncIterator<NumberedEvent>,
  first: Promise<IteratorResult<NumberedEvent>>,
  run: RunFacts,
  heartbeatMs: number,
): AsyncGenerator<string> {
  try {
    yield `retry: ${RETRY_MS}\n\n`;
    for (let next = first; ;) {
      const result = await within(next, heartbeatMs);
      if (result === null) yield ':\n\n';
      else if (result.done === true) return;
      else {
        yield frameOf(result.value, run);
        next = events.next();
      }
    }
  } finally {
    await events.return?.();
  }
}

function frameOf({ number, event }: NumberedEvent, run: RunFacts): string {
  return `id: ${number}\nevent: ${event.type}\ndata: ${JSON.stringify(encodeEvent(event, run))}\n\n`;
}

/** @returns null where it takes longer */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
