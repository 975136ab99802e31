import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { InterruptionNotice } from '../../src/model/fate.ts';

export interface ImdsOptions {
  readonly instanceId?: string;
  /** `optional`: answers without a token too, as IMDSv1; `required` by default */
  readonly tokens?: 'required' | 'optional';
}

/** `silent`: takes connections and says nothing; `disabled`: refuses all with 403, as where it is turned off */
export type ImdsMode = 'answers' | 'silent' | 'disabled';

export interface ImdsRequest {
  readonly method: string;
  readonly path: string;
  /** the token it came with, or null */
  readonly token: string | null;
  /** null where it got no answer */
  readonly status: number | null;
}

/** An instance metadata service for one test, closed when the test is over. */
export async function imdsServer(options: ImdsOptions = {}): Promise<Imds> {
  const imds = await startImds(options);
  onTestFinished(() => imds.close());
  return imds;
}

/** For hooks: whoever starts it closes it. */
export async function startImds(options: ImdsOptions = {}): Promise<Imds> {
  const imds = new Imds(options);
  await imds.listen();
  return imds;
}

const TOKEN_PATH = '/latest/api/token';
const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN_HEADER = 'x-aws-ec2-metadata-token';
const MAX_TTL_SECONDS = 21_600;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The metadata service of an instance as a script of the test has it: IMDSv2 with its tokens, nothing about an
 * interruption until `notice` is called.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
 */
export class Imds {
  readonly instanceId: string;
  mode: ImdsMode = 'answers';
  readonly requests: ImdsRequest[] = [];
  readonly #tokensRequired: boolean;
  /** when they end, ms since the epoch */
  readonly #tokens = new Map<string, number>();
  readonly #http: Server;
  #notice: InterruptionNotice | null = null;
  #rebalanceAt: Date | null = null;

  constructor(options: ImdsOptions) {
    this.instanceId = options.instanceId ?? 'i-00000000000000001';
    this.#tokensRequired = options.tokens !== 'optional';
    this.#http = createServer((request, response) => this.#serve(request, response));
  }

  /** e.g. `http://127.0.0.1:40123`, without a slash at the end */
  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
  }

  async close(): Promise<void> {
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  /** The two-minute notice. @param at in two minutes by default @returns the time as it is shown: whole seconds, UTC */
  notice(action: InterruptionNotice['action'] = 'terminate', at: Date = new Date(Date.now() + 120_000)): string {
    this.#notice = { action, at: inSeconds(at) };
    return this.#notice.at;
  }

  takeNoticeBack(): void {
    this.#notice = null;
  }

  /** The recommendation that may come long before the notice, or never. */
  recommendRebalance(at: Date = new Date()): void {
    this.#rebalanceAt = at;
  }

  /** Every token that was given is refused from now on. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '' } = request;
    const token = header(request, TOKEN_HEADER);
    const answer = this.mode === 'silent' ? null : this.#answer(request, path, token);
    this.requests.push({ method, path, token, status: answer?.status ?? null });
    if (answer === null) return;
    response.writeHead(answer.status, {
      server: 'EC2ws',
      connection: 'close',
      'content-type': 'text/plain',
      ...answer.headers,
    });
    response.end(answer.body);
  }

  #answer(request: IncomingMessage, path: string, token: string | null): Answer {
    if (this.mode === 'disabled') return page(403, 'Forbidden');
    if (path === TOKEN_PATH) return this.#giveToken(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') return page(405, 'Method Not Allowed');
    if (token === null ? this.#tokensRequired : !this.#isValid(token)) return page(401, 'Unauthorized');
    const body = this.#body(path);
    return body === null ? page(404, 'Not Found') : { status: 200, body };
  }

  #giveToken(request: IncomingMessage): Answer {
    if (request.method !== 'PUT') return { ...page(405, 'Method Not Allowed'), headers: { allow: 'OPTIONS, PUT' } };
    // a proxy in between must not get one
    if (header(request, 'x-forwarded-for') !== null) return page(403, 'Forbidden');
    const ttl = Number(header(request, TTL_HEADER) ?? Number.NaN);
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > MAX_TTL_SECONDS) return page(400, 'Bad Request');
    const token = `${randomBytes(40).toString('base64url')}==`;
    this.#tokens.set(token, Date.now() + ttl * 1000);
    return { status: 200, body: token, headers: { [TTL_HEADER]: String(ttl) } };
  }

  #isValid(token: string): boolean {
    return (this.#tokens.get(token) ?? 0) > Date.now();
  }

  #body(path: string): string | null {
    const notice = this.#notice;
    switch (path) {
      case '/latest/meta-data/instance-id':
        return this.instanceId;
      case '/latest/meta-data/spot/instance-action':
        return notice === null ? null : JSON.stringify({ action: notice.action, time: notice.at });
      case '/latest/meta-data/spot/termination-time':
        return notice?.action === 'terminate' ? notice.at : null;
      case '/latest/meta-data/events/recommendations/rebalance':
        return this.#rebalanceAt === null ? null : JSON.stringify({ noticeTime: inSeconds(this.#rebalanceAt) });
      default:
        return null;
    }
  }
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

/** What stands in the body where there is nothing to tell: a reader must look at the status. */
function page(status: number, title: string): Answer {
  const body =
    '<?xml version="1.0" encoding="iso-8859-1"?>\n<html xmlns="http://www.w3.org/1999/xhtml">\n <head>\n' +
    `  <title>${status} - ${title}</title>\n </head>\n <body>\n  <h1>${status} - ${title}</h1>\n </body>\n</html>\n`;
  return { status, body, headers: { 'content-type': 'text/html' } };
}

/** `2026-01-31T12:00:00Z` */
function inSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
