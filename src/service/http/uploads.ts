import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { InferOutput } from 'valibot';
import { inputError } from '../../model/errors.ts';
import type { CalledUploads } from '../audited.ts';
import { errorAnswer } from './answers.ts';
import { refusal } from './errors.ts';
import { uploadAnswer, uploadQuery } from './run-schemas.ts';

/** The archive is all of the body, whatever the type says. */
const TYPES = ['application/gzip', 'application/octet-stream', 'application/x-gzip', 'application/x-tar'];

/** Payloads that were packed elsewhere. */
export async function uploadRoutes(
  app: FastifyInstance,
  { uploads }: { readonly uploads: CalledUploads },
): Promise<void> {
  app.addContentTypeParser(TYPES, (_request, content, done) => done(null, content));
  app.post<{ Querystring: InferOutput<typeof uploadQuery> }>(
    '/api/v1/payloads',
    {
      config: { timeLimit: 'upload' },
      schema: {
        summary: 'Upload the archive of a payload; with ?digest it has to have that SHA-256',
        querystring: uploadQuery,
        consumes: TYPES,
        response: { 201: uploadAnswer, '4xx': errorAnswer },
      },
    },
    async ({ body, query, caller }, reply) => {
      if (!(body instanceof Readable)) {
        throw refusal(
          'media-type-refused',
          'the body is the archive itself; send it with Content-Type: application/gzip',
        );
      }
      // who is still sending when it is refused reads the answer behind that: the rest is taken, and thrown away
      const content = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
      const { name, version, digest } = await uploads
        .accept(checked(content, query.digest), caller)
        .finally(() => body.resume());
      return reply.code(201).send({ name, version, digest });
    },
  );
}

/** @throws SpotError `digest-differs` behind the last byte: then nothing of it is kept */
async function* checked(content: AsyncIterable<Buffer>, expected: string | null): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  const digest = hash.digest('hex');
  if (expected === null || digest === expected) return;
  throw inputError('digest-differs', `the archive has the digest ${digest}, not ${expected}; send it again`);
}
