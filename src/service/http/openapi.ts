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
}

/** `deploy_payload.params`, `deploy_payload.result`, … */
function methodSchemas(): Record<string, object> {
  const schemas = [...METHODS].flatMap(([name, { params, answer }]) => [
    [`${name}.params`, jsonSchemaOf(params)],
    [`${name}.result`, jsonSchemaOf(answer)],
  ]);
  return Object.fromEntries(schemas) as Record<string, object>;
}

/** A route's schemas, whatever place they have in it: valibot's become JSON Schema, the rest stays. */
function toJsonSchemas(schema: unknown): Record<string, unknown> {
  const entries = Object.entries((schema ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (isValibot(value)) return [key, jsonSchemaOf(value)];
      return [key, key === 'response' ? toJsonSchemas(value) : value];
    }),
  );
}

function isValibot(value: unknown): value is GenericSchema {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'schema';
}

/** What is checked beyond a schema (exactly one source, no instance twice) is in the words of the documentation only. */
export function jsonSchemaOf(schema: GenericSchema): object {
  const converted = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    ignoreActions: ['check', 'partial_check'],
    overrideAction: ({ valibotAction, jsonSchema }) => {
      if (valibotAction.type !== 'regex') return undefined;
      // JSON Schema reads patterns as with the flag u
      return { ...jsonSchema, pattern: (valibotAction as unknown as { requirement: RegExp }).requirement.source };
    },
  });
  Reflect.deleteProperty(converted, '$schema');
  return converted;
}
