import { connect } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PayloadStore } from '../../../src/payload/store.ts';
import { listen } from '../../../src/service/http/listen.ts';
import { parseListenAddress } from '../../../src/service/http/listen-address.ts';
import { createServer, type ServerOptions } from '../../../src/service/http/server.ts';
import { createView } from '../../../src/service/view/view.ts';
import { createToken, hashToken } from '../../../src/service/tokens.ts';
import { openState, type State } from '../../../src/state/state.ts';
import { Secret } from '../../../src/util/secret.ts';
import { memoryLog, type MemoryLog } from '../../helpers/memory-log.ts';
import { MemoryService } from '../../helpers/memory-service.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

/** A server with its own state file; the service behind it is in memory. */
export interface TestServer {
  /** `http://127.0.0.1:8080`, or the path of the socket */
  readonly where: string;
  readonly api: MemoryService;
  readonly state: State;
  /** where outputs of runs are looked for */
  readonly logsDir: string;
  readonly log: MemoryLog;
  /** one that opens it, with the name `ci` */
  readonly token: string;
  readonly clock: { ms: number };
  readonly close: () => Promise<void>;
  readonly app: Awaited<ReturnType<typeof createServer>>;
  /** with the token, unless `init` says otherwise */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** one call of JSON-RPC, the answer as it came */
  readonly rpc: (method: string, params?: unknown, headers?: Record<string, string>) => Promise<Response>;
}

export interface TestServerOptions {
  readonly listen?: string;
  readonly limits?: Partial<ServerOptions['limits']>;
  readonly tls?: ServerOptions['tls'];
  readonly api?: MemoryService;
  readonly uploads?: ServerOptions['uploads'];
  readonly ui?: ServerOptions['ui'];
}

export async function startServer(given: TestServerOptions = {}): Promise<TestServer> {
  const clock = { ms: Date.parse('2026-11-21T03:45:12Z') };
  const time = { now: () => clock.ms };
  const folder = join(tempDir(), 'state');
  const state = openState(folder, { clock: time });
  const logsDir = join(folder, 'logs');
  const token = addToken(state, 'ci');
  const address = parseListenAddress(given.listen ?? '127.0.0.1:0');
  const log = memoryLog();
  const api = given.api ?? new MemoryService('i-1', 'i-2');
  let requests = 0;
  const app = await createServer({
    api,
    uploads: given.uploads ?? { accept: refuseUpload },
    tokens: state.tokens,
    givenTokens: [{ name: 'file', token: new Secret(FILE_TOKEN) }],
    audit: state.audit,
    countDeployments: () => state.deployments.counts(),
    address,
    tls: given.tls ?? null,
    view: createView({
      state,
      store: new PayloadStore(folder, state.payloads),
      logsDir,
      clock: time,
    }),
    ui: given.ui ?? null,
    limits: { rateLimit: 1_000_000, requestTimeoutMs: 10_000, ...given.limits },
    log,
    clock: time,
    newRequestId: () => `rq-${(requests += 1)}`,
    version: '1.2.3',
  });
  const close = async (): Promise<void> => app.close();
  onTestFinished(async () => {
    await close();
    state.close();
  });
  const where = await listen(app, address);
  const ask: TestServer['fetch'] = (path, init = {}) =>
    fetch(where + path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
  return {
    ...{ where, api, state, logsDir, log, token, clock, close, app },
    fetch: ask,
    rpc: (method, params, headers = {}) =>
      ask('/rpc', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 }),
      }),
  };
}

/** What `service.token_file` holds. */
export const FILE_TOKEN = 'a-token-that-somebody-has-written-down';

export function addToken(state: State, name: string): string {
  const token = createToken();
  state.tokens.create({ id: `to-${name}`, name, hash: hashToken(token) });
  return token;
}

/** Sends bytes as they are, and gives what comes until the other side hangs up. */
export function sendRaw(where: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(where);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('error', reject).on('close', () => resolve(text));
  });
}

async function refuseUpload(): Promise<never> {
  throw new Error('this test takes no uploads');
}
