import type { FastifyInstance } from 'fastify';
import { parseError } from '../rpc/errors.ts';
import * as v from 'valibot';
import type { RpcServer } from '../rpc/server.ts';
import { rpcAnswers } from './answers.ts';
import { refusal, RPC_ROUTE } from './errors.ts';

/** JSON, and the name that some clients have for this kind of it. */
const MEDIA_TYPES = ['application/json', 'application/json-rpc'];

/** `POST /rpc`: what arrives is read by the server of JSON-RPC, not by fastify, which would have words of its own for it. */
export async function addRpcRoute(app: FastifyInstance, rpc: RpcServer): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(MEDIA_TYPES, { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body);
    scope.post(
      RPC_ROUTE,
      {
        schema: {
          summary: 'JSON-RPC 2.0, single or batch; parameters and results of each method are among the schemas',
          response: { 200: rpcAnswers, 204: v.pipe(v.null(), v.description('notifications only')) },
        },
      },
      async ({ body, caller }, reply) => {
        const text = textOf(body);
        const answer = text === null ? parseError() : await rpc.answer(text, caller);
        return answer === null ? reply.code(204).send() : reply.send(answer);
      },
    );
  });
}

/** Null: not UTF-8. */
function textOf(body: unknown): string | null {
  if (!(body instanceof Buffer)) {
    throw refusal('media-type-refused', 'the request has no body; send it with Content-Type: application/json');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return null;
  }
}
