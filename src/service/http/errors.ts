import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { SpotError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { ServiceLog } from '../log.ts';
import { problemEntry, type PROBLEMS } from '../problems.ts';
import { type Detail, detailsOf, errorResponse, INTERNAL_SENTENCE, isTold, toldMessage } from '../rpc/errors.ts';

/** The one shape of an error, whatever the route; what goes to `/rpc` is answered as JSON-RPC wants it. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** what is wrong with values or instances of the request; else empty */
    readonly details: readonly Detail[];
  };
}

export const RPC_ROUTE = '/rpc';

type DoorCode = keyof typeof PROBLEMS;

/**
 * An error of the door itself: the request does not get as far as the service.
 * @param details `retryAfter`: seconds, for the header
 */
export function refusal(code: DoorCode, message: string, details: { readonly retryAfter?: number } = {}): SpotError {
  return new SpotError(code, message, { exitCode: ExitCode.usage, details });
}

/** What fastify, or Node, finds wrong with a request, by the status they would answer. */
const CODE_OF_STATUS: Readonly<Record<number, DoorCode>> = {
  404: 'route-unknown',
  408: 'request-timeout',
  413: 'request-too-large',
  414: 'request-too-large',
  415: 'media-type-refused',
  431: 'request-too-large',
};

/** Answers whatever was thrown on the way, and logs what is nobody's business. */
export function createErrorHandler(log: ServiceLog) {
  return (thrown: Error, request: FastifyRequest, reply: FastifyReply): void => {
    const error = toTold(thrown);
    const { requestId } = request.caller;
    if (!isTold(error)) log.error('a request failed', { requestId, error });
    const code = isTold(error) ? error.code : 'internal';
    if (code === 'request-timeout') reply.header('connection', 'close');
    if (isTold(error) && error.details['retryAfter'] !== undefined) {
      reply.header('retry-after', error.details['retryAfter']);
    }
    if (code === 'token-missing' || code === 'token-refused') reply.header('www-authenticate', 'Bearer');
    reply.code(statusOf(error)).type('application/json');
    const isRpc = request.routeOptions.url === RPC_ROUTE;
    void reply.send(JSON.stringify(isRpc ? errorResponse(null, error, requestId) : documentOf(error)));
  };
}

export function statusOf(error: unknown): number {
  if (!isTold(error)) return 500;
  return problemEntry(error.code)?.http ?? 400;
}

export function documentOf(error: unknown): ErrorDocument {
  if (!isTold(error)) return { error: { code: 'internal', message: INTERNAL_SENTENCE, details: [] } };
  return { error: { code: error.code, message: toldMessage(error), details: detailsOf(error) } };
}

/** Fastify's own errors become ours; they carry the status that is meant. */
function toTold(error: Error & Partial<Pick<FastifyError, 'statusCode'>>): Error {
  if (error instanceof SpotError || error.statusCode === undefined) return error;
  if (error.statusCode >= 500) return error;
  const code = CODE_OF_STATUS[error.statusCode] ?? 'request-malformed';
  return refusal(code, SENTENCES[code] ?? 'the request cannot be read; send valid HTTP with a body of valid JSON');
}

const SENTENCES: Partial<Record<DoorCode, string>> = {
  'request-too-large': 'the request is too large; split it, or upload what it holds',
  'media-type-refused': 'the body is of another type; send it with Content-Type: application/json',
};
