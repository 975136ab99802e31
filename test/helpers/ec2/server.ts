import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACTIONS } from './actions/index.ts';
import { departures } from './documented.ts';
import { Ec2Error } from './error.ts';
import { type Fault, Faults } from './faults.ts';
import { Parameters } from './parameters.ts';
import type { World } from './world.ts';
import { answerXml, errorXml } from './xml.ts';

/** A request as it came, and what became of it. */
export interface RecordedRequest {
  readonly action: string;
  readonly region: string;
  readonly accessKeyId: string;
  /** all of them, `Action` and `Version` too, by the names on the wire: `TagSpecification.1.Tag.1.Key` */
  readonly parameters: Readonly<Record<string, string>>;
  readonly at: Date;
  /** `ok`, EC2's error code, or `closed` where the connection was closed on it; null as long as there is none */
  answer: string | null;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  /** as in the record */
  readonly name: string;
}

const CREDENTIAL = /Credential=([^/,]+)\/\d{8}\/([^/,]+)\/ec2\/aws4_request/;

/** EC2's query protocol over HTTP: one POST of a form a request, XML back. */
export class Ec2Server {
  readonly requests: RecordedRequest[] = [];
  readonly faults = new Faults();
  /** requests that EC2's documentation does not cover, one sentence each */
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #http: Server;
  #ids = 0;

  constructor(world: World) {
    this.#world = world;
    this.#http = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.violations.push(`the endpoint itself failed: ${String(error)}`);
        response.destroy();
      });
    });
  }

  /** @returns the URL it listens at */
  async listen(): Promise<string> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const recorded = recordOf(request, await bodyOf(request));
    this.requests.push(recorded);
    const wrong = departures(recorded.parameters);
    for (const { code, message } of wrong) this.violations.push(`${recorded.action}: ${code}: ${message}`);
    const fault = this.faults.take(recorded);
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
    const requestId = this.#newRequestId();
    const answer = fault?.closes === 'before' ? null : this.#answer(recorded, fault, wrong, requestId);
    if (answer === null || fault?.closes !== undefined) {
      recorded.answer = 'closed';
      response.destroy();
      return;
    }
    recorded.answer = answer.name;
    response.writeHead(answer.status, { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId });
    response.end(answer.body);
  }

  #answer(request: RecordedRequest, fault: Fault | null, wrong: readonly Ec2Error[], requestId: string): Answer {
    try {
      if (fault?.code !== undefined) {
        throw new Ec2Error(fault.code, fault.message ?? fault.code, fault.status ?? 400);
      }
      if (wrong[0] !== undefined) throw wrong[0];
      return { status: 200, body: answerXml(request.action, requestId, this.#carryOut(request)), name: 'ok' };
    } catch (error) {
      if (!(error instanceof Ec2Error)) throw error;
      return { status: error.status, body: errorXml(error.code, error.message, requestId), name: error.code };
    }
  }

  #carryOut({ action, region, parameters }: RecordedRequest): ReturnType<(typeof ACTIONS)[string]> {
    const carryOut = ACTIONS[action];
    if (carryOut === undefined) throw new Ec2Error('InvalidAction', `this endpoint does not have ${action}`);
    const place = this.#world.region(region);
    if (parameters['DryRun'] === 'true') {
      throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    }
    const others = Object.entries(parameters).filter(([name]) => name !== 'ClientToken');
    const fingerprint = JSON.stringify(others.sort());
    return carryOut({ world: this.#world, region: place, parameters: new Parameters(parameters), fingerprint });
  }

  #newRequestId(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** The region and the access key stand in the signature, which nobody verifies here. */
function recordOf(request: IncomingMessage, body: string): RecordedRequest {
  const parameters = Object.fromEntries(new URLSearchParams(body));
  const [, accessKeyId = '', region = ''] = CREDENTIAL.exec(request.headers.authorization ?? '') ?? [];
  return { action: parameters['Action'] ?? '', region, accessKeyId, parameters, at: new Date(), answer: null };
}
