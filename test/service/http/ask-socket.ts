import { request as httpRequest } from 'node:http';

export interface SocketAnswer {
  readonly status: number;
  /** read as JSON */
  readonly body: unknown;
}

/** A request over a Unix socket; with a body it is a POST. */
export function askSocket(socketPath: string, path: string, body?: unknown): Promise<SocketAnswer> {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { connection: 'close', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, path, method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as unknown }));
    });
    request.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** One call of JSON-RPC over a Unix socket. @returns the whole answer */
export async function callSocket(socketPath: string, method: string, params: unknown): Promise<unknown> {
  return (await askSocket(socketPath, '/rpc', { jsonrpc: '2.0', method, params, id: 1 })).body;
}
