import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { InferOutput } from 'valibot';
import type { OutputOnDisk, ViewApi } from '../view/api.ts';
import { errorAnswer } from './answers.ts';
import { refusal } from './errors.ts';
import { outputParams } from './view-schemas.ts';

interface OutputRequest {
  readonly Params: InferOutput<typeof outputParams>;
}

/** Bytes of an output, both ends among them. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * What a script has said, byte for byte: all of it, or one range (RFC 9110, 14), from its end, too. It is never to be shown
 * as a page of its own: the browser saves it.
 */
export async function outputRoutes(app: FastifyInstance, { view }: { readonly view: ViewApi }): Promise<void> {
  app.get<OutputRequest>(
    '/api/v1/runs/:id/outputs/:instance/:stream',
    {
      config: { page: true, quiet: true, timeLimit: 'none' },
      schema: {
        summary: 'What a script has said: stdout or stderr, as it is; takes a Range of bytes',
        params: outputParams,
        produces: ['application/octet-stream'],
        response: { '4xx': errorAnswer },
      },
    },
    async ({ params: { id, instance, stream }, headers }, reply) => {
      const output = view.output(id, instance, stream);
      const range = rangeOf(headers.range, output.bytes);
      void reply.type('application/octet-stream').headers({
        'accept-ranges': 'bytes',
        'content-disposition': `attachment; filename="${fileName(id, instance, stream)}"`,
      });
      if (range === null) return reply.header('content-length', output.bytes).send(contentOf(output, wholeOf(output)));
      void reply.code(206).headers({
        'content-range': `bytes ${range.first}-${range.last}/${output.bytes}`,
        'content-length': range.last - range.first + 1,
      });
      return reply.send(contentOf(output, range));
    },
  );
}

/**
 * @returns null for all of it, as for headers that say something else than one range
 * @throws SpotError `range-refused` where there is nothing at that place
 */
function rangeOf(header: string | undefined, bytes: number): Range | null {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return null;
  const first = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? bytes - 1 : Math.min(bytes - 1, Number(to));
  if (first <= last) return { first, last };
  throw refusal('range-refused', `the output has ${bytes} bytes; ask for a range of these`);
}

function wholeOf({ bytes }: OutputOnDisk): Range {
  return { first: 0, last: bytes - 1 };
}

/** As many bytes as were announced, whatever is added meanwhile. */
function contentOf({ path }: OutputOnDisk, { first, last }: Range): Readable {
  return last < first ? Readable.from([]) : createReadStream(path, { start: first, end: last });
}

function fileName(runId: string, instanceId: string, stream: string): string {
  const extension = stream === 'stdout' ? 'out' : 'err';
  return `${runId}-${instanceId}.${extension}`.replace(/[^A-Za-z0-9_.-]/g, '_');
}
