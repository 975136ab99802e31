import { createRpcServer, type RpcCall } from '../../../src/service/rpc/server.ts';
import type { MemoryService } from '../../helpers/memory-service.ts';
import { memoryLog, type MemoryLog } from '../../helpers/memory-log.ts';

export interface Rpc {
  readonly api: MemoryService;
  readonly log: MemoryLog;
  readonly calls: readonly RpcCall[];
  /** @returns the answer after a journey as JSON */
  readonly send: (text: string) => Promise<unknown>;
  /** one request with the id 1 */
  readonly call: (method: string, params?: unknown) => Promise<unknown>;
}

export function rpcOver(api: MemoryService): Rpc {
  const log = memoryLog();
  const calls: RpcCall[] = [];
  const server = createRpcServer({ api, log, onCall: (call) => calls.push(call) });
  const send: Rpc['send'] = async (text) =>
    JSON.parse(JSON.stringify(await server.answer(text, { name: 'test', requestId: 'rq-1' }))) as unknown;
  return {
    api,
    log,
    calls,
    send,
    call: (method, params) => send(JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 })),
  };
}
