import * as v from 'valibot';
import { SpotError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';

/** What is wrong with one value of a request. */
export interface ParamProblem {
  /** e.g. `instances.0.region`; empty: all of it */
  readonly path: string;
  readonly message: string;
}

export const PARAMS_INVALID = 'params-invalid';

/**
 * Reads what came with a request by its schema.
 * @throws SpotError `params-invalid` with all that is wrong in `details.problems`
 */
export function validate<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw paramsInvalid([{ path: '', message: 'it is not an object' }]);
  }
  const { issues, output } = v.safeParse(schema, value);
  const problems = [...(issues ?? []).flatMap(problemOf), ...unknownKeys(schema, value)];
  if (problems.length > 0) throw paramsInvalid(problems);
  return output;
}

export function paramsInvalid(problems: readonly ParamProblem[]): SpotError {
  const told = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const message = `the request is not valid: ${told.slice(0, 3).join('; ')}${told.length > 3 ? '; …' : ''}`;
  return new SpotError(PARAMS_INVALID, message, { exitCode: ExitCode.usage, details: { problems } });
}

export function problemsOf(error: SpotError): readonly ParamProblem[] {
  return error.details['problems'] as readonly ParamProblem[];
}

/** Valibot tells of one unknown key and goes no further: they are looked for below. */
function problemOf(issue: v.BaseIssue<unknown>): ParamProblem[] {
  const path = v.getDotPath(issue) ?? '';
  if (issue.type !== 'strict_object') return [{ path, message: issue.message }];
  if (issue.expected === 'never') return [];
  return [{ path, message: issue.expected === 'Object' ? 'it is not an object' : 'it is missing' }];
}

/** Valibot's own look takes `constructor` for a known key, as every object has one. */
function unknownKeys(schema: unknown, value: unknown, path: readonly (string | number)[] = []): ParamProblem[] {
  const { type, entries, item, wrapped } = schema as Shape;
  if (typeof value !== 'object' || value === null) return [];
  if (type === 'array' && Array.isArray(value)) {
    return value.flatMap((each, index) => unknownKeys(item, each, [...path, index]));
  }
  if (wrapped !== undefined) return unknownKeys(wrapped, value, path);
  if (type !== 'strict_object' || entries === undefined) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const here = [...path, key];
    if (Object.hasOwn(entries, key)) return unknownKeys(entries[key], each, here);
    return [{ path: here.join('.'), message: `it is not known; known are ${Object.keys(entries).join(', ')}` }];
  });
}

interface Shape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly item?: unknown;
  readonly wrapped?: unknown;
}
