import swagger from '@fastify/swagger';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { FastifyInstance } from 'fastify';
import type { GenericSchema } from 'valibot';
import { METHODS } from '../rpc/methods.ts';

/** Describes the routes from their schemas. To be called, and awaited, before there are any. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'spot', version, description: 'The service of spot. Every method of JSON-RPC is at POST /rpc.' },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Not asked for on a Unix socket.' } },
        schemas: methodSchemas(),
      },
      security: [{ token: [] }],
    },
    transform: ({ schema, url }) => ({ schema: toJsonSchemas(schema as unknown), url }),
  });
  Reflect.deleteProperty(converted, '$schema');
  return converted;
}
