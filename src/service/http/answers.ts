import * as v from 'valibot';
import { PARAMS_INVALID } from '../rpc/validate.ts';

/** The one shape of an error. */
export const errorAnswer = v.strictObject({
  error: v.strictObject({
    code: v.pipe(v.string(), v.description(`of the table in docs/service-api.md, or ${PARAMS_INVALID}, or internal`)),
    message: v.string(),
    details: v.array(
      v.union([
        v.strictObject({ path: v.string(), message: v.string() }),
        v.strictObject({ instance_id: v.string(), code: v.string(), message: v.string() }),
      ]),
    ),
  }),
});

export const healthAnswer = v.strictObject({ status: v.picklist(['ok', 'stopping']) });

/** By section 5 of the specification: a result or an error, never both. */
export const rpcAnswer = v.union([
  v.strictObject({
    jsonrpc: v.literal('2.0'),
    id: v.nullable(v.union([v.string(), v.number()])),
    result: v.unknown(),
  }),
  v.strictObject({
    jsonrpc: v.literal('2.0'),
    id: v.nullable(v.union([v.string(), v.number()])),
    error: v.strictObject({
      code: v.pipe(v.number(), v.integer()),
      message: v.string(),
      data: v.optional(v.unknown()),
    }),
  }),
]);

/** Or a list of them, for a batch. */
export const rpcAnswers = v.union([rpcAnswer, v.pipe(v.array(rpcAnswer), v.minLength(1))]);
