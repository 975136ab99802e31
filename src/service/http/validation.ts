import type { FastifyInstance } from 'fastify';
import type { GenericSchema } from 'valibot';
import { validate } from '../rpc/validate.ts';

/** Requests are read by the schemas of their routes; answers are what the compiler has checked already. */
export function useSchemas(app: FastifyInstance): void {
  app.setValidatorCompiler<GenericSchema>(({ schema, httpPart }) => (data: unknown) => {
    try {
      return { value: validate(schema, httpPart === 'querystring' ? withNumbers(data) : data) };
    } catch (error) {
      return { error: error as Error };
    }
  });
  // only JSON is read, unless a route says otherwise
  app.removeContentTypeParser('text/plain');
  app.setSerializerCompiler(() => JSON.stringify);
}

/** Everything in a query is text; no text that is asked for consists of digits alone. */
function withNumbers(query: unknown): unknown {
  const entries = Object.entries((query ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === 'limit' && typeof value === 'string' ? numberOr(value) : value]),
  );
}

function numberOr(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}
