import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { DeadlineError } from '../../util/deadline.ts';
import type { Secret } from '../../util/secret.ts';
import type { ServiceAddress } from './address.ts';
import { badGateway, explainFailure, misunderstood, refused } from './failures.ts';

/** For the head of an answer to come, ms. */
const ANSWER_MS = 60_000;
/** Of an answer that is no stream, bytes. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

export interface Call {
  readonly method: 'GET' | 'POST';
  /** begins with a slash */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** is sent as JSON */
  readonly json?: unknown;
  readonly content?: {
    readonly stream: Readable;
    readonly type: string;
    readonly bytes: number;
  };
  readonly signal?: AbortSignal;
  /** for the request to be sent and the head of the answer to come, ms; a minute by default */
  readonly timeoutMs?: number;
}

/** HTTP to one service. Nothing is sent twice by itself. Whoever makes it closes it. */
export class ServiceConnection {
  readonly address: ServiceAddress;
  readonly #token: Secret | null;
  readonly #agent: HttpAgent;

  constructor(address: ServiceAddress, token: Secret | null) {
    this.address = address;
    this.#token = token;
    this.#agent = address.kind === 'https' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  }

  /**
   * @returns the JSON of the answer
   * @throws SpotError `service-unreachable`, `service-refused`, `service-certificate`, `service-answer`, or what the service
   *   refuses
   */
  async json(call: Call): Promise<unknown> {
    const answer = await this.open(call);
    try {
      return JSON.parse(await textOf(answer)) as unknown;
    } catch (error) {
      if (error instanceof SyntaxError) throw misunderstood(this.address, 'no JSON');
      throw explainFailure(error, this.address);
    }
  }

  /** The same for an answer that is read bit by bit, by whoever calls. */
  async open(call: Call): Promise<IncomingMessage> {
    const answer = await this.#send(call).catch((error: unknown) => {
      if (call.signal?.aborted === true) throw call.signal.reason as Error;
      throw explainFailure(error, this.address);
    });
    if ((answer.statusCode ?? 0) < 300) return answer;
    throw await this.#refusal(answer);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send({
    method,
    path,
    headers = {},
    json,
    content,
    signal,
    timeoutMs = ANSWER_MS,
  }: Call): Promise<IncomingMessage> {
    const body = json === undefined ? null : Buffer.from(JSON.stringify(json));
    const token = this.#token === null ? {} : { authorization: `Bearer ${this.#token.reveal()}` };
    const lead = content ?? (body === null ? null : { type: 'application/json', bytes: body.length });
    const described = lead === null ? {} : { 'content-type': lead.type, 'content-length': String(lead.bytes) };
    const options: RequestOptions = {
      ...this.#target(path),
      method,
      // a connection that was kept may be gone by now, and what changes something must not be sent twice
      agent: method === 'GET' ? this.#agent : this.#agentForOne(),
      headers: { ...token, ...described, ...headers },
      ...(signal && { signal }),
    };
    const request = this.address.kind === 'https' ? httpsRequest(options) : httpRequest(options);
    // behind the answer nobody waits for the request any more, and it may still break
    request.on('error', () => undefined);
    const deadline = setTimeout(() => request.destroy(new DeadlineError(timeoutMs)), timeoutMs);
    try {
      const answered = once(request, 'response') as Promise<[IncomingMessage]>;
      if (content === undefined) request.end(body ?? undefined);
      else content.stream.on('error', (error) => request.destroy(error)).pipe(request);
      return (await answered)[0];
    } finally {
      clearTimeout(deadline);
    }
  }

  #target(path: string): RequestOptions {
    const { address } = this;
    if (address.kind === 'socket') return { socketPath: address.path, path };
    return { host: address.host, port: address.port, path: `${address.prefix}${path}` };
  }

  #agentForOne(): HttpAgent {
    return this.address.kind === 'https' ? new HttpsAgent() : new HttpAgent();
  }

  async #refusal(answer: IncomingMessage): Promise<Error> {
    const status = answer.statusCode ?? 0;
    try {
      const { error } = JSON.parse(await textOf(answer)) as { error: { code: string; message: string } };
      if (typeof error.code === 'string' && typeof error.message === 'string') {
        return refused({ status, code: error.code, message: error.message }, this.address);
      }
    } catch {
      // said below
    } finally {
      // what was not sent yet is not wanted
      answer.destroy();
    }
    return badGateway(this.address, status);
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_ANSWER) throw new SyntaxError('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
