import { runAsWorker } from 'synckit';
import { Connection, ConnectionFailure } from './connection.ts';
import type { Answer, Request, Result } from './protocol.ts';

const NOTHING: Result = { rows: [], count: 0 };

const connections = new Map<number, Connection>();

/** Runs in a thread of its own; the thread that asks waits for the answer. */
runAsWorker(async (request: Request): Promise<Answer> => {
  try {
    return await carryOut(request);
  } catch (error) {
    if (!(error instanceof ConnectionFailure)) throw error;
    const { stage, code, message } = error;
    return { failure: { stage, code, message } };
  }
});

async function carryOut(request: Request): Promise<Result> {
  const { id, kind } = request;
  if (kind === 'open') {
    const connection = new Connection(request);
    await connection.open();
    connections.set(id, connection);
    return NOTHING;
  }
  const connection = connections.get(id);
  if (connection === undefined) throw new Error(`there is no connection ${id}`);
  if (kind === 'read' || kind === 'write' || kind === 'inside') return connection[kind](request.statement);
  if (kind === 'script') await connection.script(request.sql);
  else await connection[kind]();
  if (kind === 'close') connections.delete(id);
  return NOTHING;
}
