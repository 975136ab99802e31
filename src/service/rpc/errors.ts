import { createJSONRPCErrorResponse, JSONRPCErrorCode } from 'json-rpc-2.0';
import type { JSONRPCErrorResponse, JSONRPCID } from 'json-rpc-2.0';
import { SpotError } from '../../model/errors.ts';
import type { Deployed } from '../api.ts';
import { problemEntry } from '../problems.ts';
import { PARAMS_INVALID, type ParamProblem, problemsOf } from './validate.ts';

/** What a caller is told of an error that is none of its own. */
export const INTERNAL_SENTENCE = 'something went wrong in the service; its log knows what, by the request id';

/** Whether a caller may be told of it; whatever else is thrown belongs into the log. */
export function isTold(error: unknown): error is SpotError {
  return error instanceof SpotError && (error.code === PARAMS_INVALID || problemEntry(error.code) !== null);
}

/** The message of a told error; where that would name what is not the caller's, only what it means. */
export function toldMessage(error: SpotError): string {
  const entry = problemEntry(error.code);
  return entry?.onlySentence === true ? entry.sentence : error.message;
}

/** Anything that was thrown, as the specification and the table of problems want it. */
export function errorResponse(id: JSONRPCID, error: unknown, requestId: string): JSONRPCErrorResponse {
  if (!isTold(error)) {
    const data = { code: 'internal', message: INTERNAL_SENTENCE, request_id: requestId };
    return createJSONRPCErrorResponse(id, JSONRPCErrorCode.InternalError, 'Internal error', data);
  }
  const entry = problemEntry(error.code);
  if (entry === null) {
    return createJSONRPCErrorResponse(id, JSONRPCErrorCode.InvalidParams, 'Invalid params', problemsOf(error));
  }
  const details = detailsOf(error);
  const data = { code: error.code, ...(details.length > 0 && { details }) };
  return createJSONRPCErrorResponse(id, entry.rpc, toldMessage(error), data);
}

/** What a told error says of the parts of a request: of its values, or of its instances. */
export function detailsOf(error: SpotError): readonly Detail[] {
  if (error.code === PARAMS_INVALID) return problemsOf(error);
  const errors = error.code === 'no-instance-taken' ? (error.details['errors'] as Deployed['errors']) : [];
  return errors.map(({ instance, code, message }) => ({ instance_id: instance, code, message }));
}

export type Detail = ParamProblem | { readonly instance_id: string; readonly code: string; readonly message: string };

export function parseError(): JSONRPCErrorResponse {
  return createJSONRPCErrorResponse(null, JSONRPCErrorCode.ParseError, 'Parse error');
}

/** @param why for whoever reads the answer, where the specification's words do not say it */
export function invalidRequest(id: JSONRPCID, why?: string): JSONRPCErrorResponse {
  const data = why === undefined ? undefined : { message: why };
  return createJSONRPCErrorResponse(id, JSONRPCErrorCode.InvalidRequest, 'Invalid Request', data);
}
