import type { ConnectionError, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { documentOf, type ErrorDocument, refusal } from './errors.ts';
import { NOBODY } from './fastify-types.ts';
import { headLimits, type Limits, serverLimits } from './limits.ts';
import { readTls, type TlsFiles } from './tls.ts';

export interface FastifyOptions {
  readonly tls: TlsFiles | null;
  readonly limits: Limits;
  readonly newRequestId: () => string;
}

/** @throws SpotError `tls-unreadable` */
export function fastifyOptions({ limits, newRequestId, tls }: FastifyOptions): FastifyServerOptions {
  const head = headLimits(limits);
  return {
    ...serverLimits(limits),
    ...(tls === null ? { http: head } : { https: { ...head, ...readTls(tls) } }),
    logger: false,
    genReqId: newRequestId,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // answered in our own words
    return503OnClosing: false,
    frameworkErrors: answerBadPath,
    clientErrorHandler: answerBadHead,
  };
}

/** No hook has seen a request whose path cannot be decoded. */
function answerBadPath(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  request.caller = { name: NOBODY, requestId: request.id };
  const error = refusal('request-malformed', 'the path is not well encoded; write %, blanks and the like as %XX');
  void reply
    .code(400)
    .type('application/json')
    .send(JSON.stringify(documentOf(error)));
}

/** What Node cannot take for a request; the connection ends with the answer. */
function answerBadHead(this: FastifyInstance, error: ConnectionError, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const { status, document } = headError(error.code);
  const body = JSON.stringify(document);
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}

type Socket = Parameters<NonNullable<FastifyServerOptions['clientErrorHandler']>>[1];

function headError(code: string | undefined): { readonly status: string; readonly document: ErrorDocument } {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const error = refusal('request-timeout', 'the request did not arrive in time; send it again');
    return { status: '408 Request Timeout', document: documentOf(error) };
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    const error = refusal('request-too-large', 'the head of the request is too large; send less of it');
    return { status: '431 Request Header Fields Too Large', document: documentOf(error) };
  }
  const error = refusal('request-malformed', 'this is no HTTP request; send one');
  return { status: '400 Bad Request', document: documentOf(error) };
}
