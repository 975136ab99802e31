import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rpcAnswers, errorAnswer } from '../../../src/service/http/answers.ts';
import { jsonSchemaOf } from '../../../src/service/http/openapi.ts';
import { METHODS } from '../../../src/service/rpc/methods.ts';
import { MemoryService } from '../../helpers/memory-service.ts';
import { startServer, type TestServer } from './support.ts';

const RUNS = 400;
fc.configureGlobal({ numRuns: RUNS });
const JSON_TYPE = { 'content-type': 'application/json' };

const ajv = new Ajv2020({ strict: false });
const isRpcAnswer = ajv.compile(jsonSchemaOf(rpcAnswers));
const isError = ajv.compile(jsonSchemaOf(errorAnswer));

const anyId = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null), fc.anything());
const knownMethod = fc.constantFrom(...METHODS.keys());
const anyMethod = fc.oneof(knownMethod, knownMethod, fc.string(), fc.anything());
const paramNames = [...new Set([...METHODS.values()].flatMap(({ params }) => Object.keys(params.entries)))];
const anyValue = fc.oneof(
  fc.constantFrom('i-1', 'i-2', 'pl-1', 'tk-1', 'aws', 'deploy', '/srv/x', '~/x', true, 0.5, 50, null),
  fc.array(fc.constantFrom('i-1', 'i-2', 'i-9'), { maxLength: 3 }),
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
);
const anyParams = fc.oneof(
  fc.dictionary(fc.constantFrom(...paramNames), anyValue),
  fc.array(anyValue, { maxLength: 8 }),
  fc.jsonValue(),
);
/** A valid request, of which any part may be another one, or missing. */
const nearlyValid = fc.record(
  {
    jsonrpc: fc.oneof(fc.constant('2.0'), fc.constant('2.0'), fc.jsonValue()),
    method: anyMethod,
    params: anyParams,
    id: anyId,
  },
  { requiredKeys: [] },
);
const mutatedText = fc.tuple(nearlyValid, fc.nat(), fc.string({ maxLength: 3 })).map(([request, at, piece]) => {
  const text = textOf(request);
  const place = at % (text.length + 1);
  return text.slice(0, place) + piece + text.slice(place + piece.length);
});

/** One for all runs: a start for each would take minutes. */
function fuzzed(name: string, work: (ask: TestServer) => Promise<void>): void {
  test(name, async () => {
    const server = await startServer({ api: new MemoryService('i-1', 'i-2') });
    await work(server);
    expect(server.log.lines().filter(({ level }) => level === 'error')).toEqual([]);
    expect((await server.fetch('/healthz')).status).toBe(200);
  });
}

/** What JSON can say of it. */
function textOf(value: unknown): string {
  const plain = (_: string, each: unknown): unknown => (typeof each === 'bigint' ? Number(each) : each);
  // in a list, where what JSON does not know becomes null
  return JSON.stringify([value], plain).slice(1, -1);
}

async function expectRpc({ fetch }: TestServer, body: string | Uint8Array): Promise<void> {
  const answer = await fetch('/rpc', { method: 'POST', headers: JSON_TYPE, body: body as string });
  const text = await answer.text();
  expect([200, 204]).toContain(answer.status);
  expect(answer.status === 204).toBe(text === '');
  if (text === '') return;
  const document: unknown = JSON.parse(text);
  expect({ text, isValid: isRpcAnswer(document) }).toEqual({ text, isValid: true });
  expect(text).not.toContain('-32603');
}

describe('POST /rpc always answers as the specification says', () => {
  fuzzed('to arbitrary bytes', (ask) =>
    fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => expectRpc(ask, bytes))),
  );
  fuzzed('to arbitrary JSON', (ask) => fc.assert(fc.asyncProperty(fc.json(), (text) => expectRpc(ask, text))));
  fuzzed('to requests that are nearly valid', (ask) =>
    fc.assert(fc.asyncProperty(nearlyValid, (request) => expectRpc(ask, textOf(request)))),
  );
  fuzzed('to batches of them', (ask) =>
    fc.assert(
      fc.asyncProperty(fc.array(nearlyValid, { maxLength: 6 }), (batch) => expectRpc(ask, textOf(batch))),
      { numRuns: RUNS / 4 },
    ),
  );
  fuzzed('to valid text with a piece of something else', (ask) =>
    fc.assert(fc.asyncProperty(mutatedText, (text) => expectRpc(ask, text))),
  );
  test('and an id that was given comes back', async () => {
    const ask = await startServer();
    const id = fc.oneof(fc.string(), fc.integer(), fc.constant(null));
    await fc.assert(
      fc.asyncProperty(id, knownMethod, anyParams, async (given, method, params) => {
        const request = { jsonrpc: '2.0', method, id: given, params: typeof params === 'object' ? params : [] };
        const answer = await ask.fetch('/rpc', { method: 'POST', headers: JSON_TYPE, body: textOf(request) });
        const { id: got } = (await answer.json()) as { id: unknown };
        expect(got).toEqual(JSON.parse(JSON.stringify(given)));
      }),
      { numRuns: RUNS / 4 },
    );
  });
});

const anyOrder = fc.dictionary(
  fc.constantFrom('provider', 'region', 'size', 'name', 'payload', 'payload_path', 'timeout', 'x'),
  anyValue,
);
const anyWord = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('..', '%', '%00', '%zz', '?', '#', 'i-1', 'pl-1', 'tk-1'),
);

async function expectHttp({ fetch }: TestServer, path: string, init?: RequestInit): Promise<void> {
  const answer = await fetch(path, init);
  const text = await answer.text();
  expect({ path, status: answer.status, isBad: answer.status >= 500 }).toMatchObject({ isBad: false });
  if (answer.status < 400) return;
  const document: unknown = JSON.parse(text);
  expect({ text, isValid: isError(document) }).toEqual({ text, isValid: true });
}

describe('the routes of HTTP never answer with 5xx, and have one shape for errors', () => {
  fuzzed('for any body of POST /api/v1/instances', (ask) =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.record({ instances: fc.array(anyOrder, { maxLength: 3 }) }).map(textOf),
          fc.json(),
          fc.string({ unit: 'binary' }),
        ),
        (body) => expectHttp(ask, '/api/v1/instances', { method: 'POST', headers: JSON_TYPE, body }),
      ),
    ),
  );
  fuzzed('for any body of POST /api/v1/runs and /api/v1/selection', (ask) =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('runs', 'selection'),
        fc.oneof(anyParams.map(textOf), fc.json()),
        (route, body) => expectHttp(ask, `/api/v1/${route}`, { method: 'POST', headers: JSON_TYPE, body }),
      ),
    ),
  );
  fuzzed('for any id, query and method', (ask) =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
        fc.constantFrom('instances/', 'payloads/', 'tasks/', 'runs/', 'instances?limit=', 'instances?', '../'),
        anyWord,
        fc.boolean(),
        (method, route, word, isEncoded) => {
          const rest = isEncoded ? encodeURIComponent(Buffer.from(word).toString()) : word.replace(/[\s\p{C}]/gu, '');
          return expectHttp(ask, `/api/v1/${route}${rest}`, { method });
        },
      ),
    ),
  );
});
