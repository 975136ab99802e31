import { setImmediate as nextTurn } from 'node:timers/promises';
import { type JSONRPCID, type JSONRPCRequest, type JSONRPCResponse, JSONRPCServer } from 'json-rpc-2.0';
import type { Caller, ServiceApi } from '../api.ts';
import type { ServiceLog } from '../log.ts';
import { errorResponse, invalidRequest, isTold, parseError } from './errors.ts';
import { METHODS, type Method } from './methods.ts';
import { paramsInvalid } from './validate.ts';

/** Requests of one batch. */
export const LARGEST_BATCH = 100;

/** JSON-RPC 2.0 in front of the service: text in, answer out. */
export interface RpcServer {
  /** @returns what is to be answered; null: nothing, as there were notifications only. Does not throw */
  answer(text: string, caller: Caller): Promise<JSONRPCResponse | readonly JSONRPCResponse[] | null>;
}

export interface RpcOptions {
  readonly api: ServiceApi;
  readonly log: ServiceLog;
  /** told of each call of a method that there is */
  readonly onCall: (call: RpcCall) => void;
}

export interface RpcCall {
  readonly method: string;
  /** `ok`, or the code of the problem */
  readonly outcome: string;
}

/**
 * The library calls the methods and makes the answers; reading, batches and the check of each request are done around it:
 * it takes `null` for text that cannot be parsed, fails on one in a batch, answers a batch of one without its list, and
 * accepts methods, params and ids of any type.
 */
export function createRpcServer(options: RpcOptions): RpcServer {
  const server = new JSONRPCServer<Caller>({ errorListener: () => undefined });
  for (const [name, method] of METHODS) {
    server.addMethodAdvanced(name, (request, caller) => callMethod(options, name, method, request, caller));
  }
  const answerOne = async (request: unknown, caller: Caller): Promise<JSONRPCResponse | null> =>
    isRequest(request) ? server.receive(request, caller) : invalidRequest(idOf(request));
  return {
    answer: async (text, caller) => {
      const given = parse(text);
      if (given === undefined) return parseError();
      return Array.isArray(given) ? answerBatch(given, caller, answerOne) : answerOne(given, caller);
    },
  };
}

async function answerBatch(
  batch: readonly unknown[],
  caller: Caller,
  answerOne: (request: unknown, caller: Caller) => Promise<JSONRPCResponse | null>,
): Promise<JSONRPCResponse | readonly JSONRPCResponse[] | null> {
  if (batch.length === 0) return invalidRequest(null);
  if (batch.length > LARGEST_BATCH) return invalidRequest(null, `a batch has at most ${LARGEST_BATCH} requests`);
  const answers: JSONRPCResponse[] = [];
  for (const [index, request] of batch.entries()) {
    const answer = await answerOne(request, { ...caller, requestId: `${caller.requestId}.${index + 1}` });
    if (answer !== null) answers.push(answer);
    // others have their turn, too: most methods have an answer at once
    await nextTurn();
  }
  return answers.length === 0 ? null : answers;
}

async function callMethod(
  { api, log, onCall }: RpcOptions,
  name: string,
  method: Method,
  { id, params }: JSONRPCRequest,
  caller: Caller,
): Promise<JSONRPCResponse | null> {
  try {
    const result = await method.call(api, named(params, method), caller);
    onCall({ method: name, outcome: 'ok' });
    return id === undefined ? null : { jsonrpc: '2.0', id, result };
  } catch (error) {
    onCall({ method: name, outcome: isTold(error) ? error.code : 'internal' });
    if (!isTold(error)) log.error('a call failed', { method: name, requestId: caller.requestId, error });
    return id === undefined ? null : errorResponse(id, error, caller.requestId);
  }
}

/** Parameters that are given by position, by their names; null stands for one that is left out. */
function named(params: unknown, { params: { entries } }: Method): unknown {
  if (!Array.isArray(params)) return params ?? {};
  const names = Object.keys(entries);
  if (params.length > names.length) {
    throw paramsInvalid([{ path: '', message: `there are ${params.length} of at most ${names.length}` }]);
  }
  return Object.fromEntries(params.map((value, index) => [names[index], value as unknown]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** By the letter of the specification; other members are left alone. */
function isRequest(value: unknown): value is JSONRPCRequest {
  if (!isObject(value) || value['jsonrpc'] !== '2.0' || typeof value['method'] !== 'string') return false;
  const { id, params } = value;
  return (id === undefined || isId(id)) && (params === undefined || (typeof params === 'object' && params !== null));
}

/** Of a request that is none: its id where that can be told. */
function idOf(value: unknown): JSONRPCID {
  return isObject(value) && isId(value['id']) ? value['id'] : null;
}

function isId(value: unknown): value is JSONRPCID {
  return value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
