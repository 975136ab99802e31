import { isUtf8 } from 'node:buffer';
import type { RunEvent } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import { isoTime } from '../util/clock.ts';
import { plainFields } from './event-fields.ts';
import { attemptDocument, payloadDocument, runDocument, SCHEMA, skipDocument } from './json.ts';
import type { Report } from './report.ts';
import { splitWholeCharacters } from './utf8.ts';
import type { Writer } from './writer.ts';
import { BatchWriter } from './writer.ts';

type OutputEvent = Extract<RunEvent, { type: 'output' }>;
type FinishedEvent = Extract<RunEvent, { type: 'attempt-finished' }>;

/**
 * Every event as it happens, one JSON object a line: `schema`, `type`, `at` (ISO 8601, UTC), `run_id`, then what the
 * type brings. Output has `text`, and where it is not UTF-8 the exact bytes in `base64` too; a character cut between
 * two chunks comes whole with the second.
 */
export function createJsonLines(writer: Writer): Report {
  return new JsonLinesReport(writer);
}

class JsonLinesReport implements Report {
  readonly #out: BatchWriter;
  #plan: Plan | null = null;
  /** by instance and stream: the bytes of a character that is not whole yet */
  readonly #rests = new Map<string, Buffer>();

  constructor(writer: Writer) {
    this.#out = new BatchWriter(writer);
  }

  readonly emit = (event: RunEvent): void => {
    if (event.type === 'run-started') this.#plan = event.plan;
    if (event.type === 'output') {
      this.#output(event);
      return;
    }
    if (event.type === 'attempt-finished') this.#flushOutput(event);
    this.#write(event, fieldsOf(event, this.#plan));
  };

  close(): void {
    this.#out.flush();
  }

  #output(event: OutputEvent): void {
    const key = restKey(event.instanceId, event.stream);
    const { whole, rest } = splitWholeCharacters(Buffer.concat([this.#rests.get(key) ?? Buffer.alloc(0), event.chunk]));
    this.#rests.set(key, Buffer.from(rest));
    if (whole.length > 0) this.#write(event, outputFields({ ...event, chunk: whole }));
  }

  #flushOutput({ at, result: { instanceId } }: FinishedEvent): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const chunk = this.#rests.get(restKey(instanceId, stream));
      this.#rests.delete(restKey(instanceId, stream));
      if (chunk === undefined || chunk.length === 0) continue;
      const event: OutputEvent = { type: 'output', at, instanceId, stream, chunk };
      this.#write(event, outputFields(event));
    }
  }

  #write({ type, at }: RunEvent, fields: Readonly<Record<string, unknown>>): void {
    const front = { schema: SCHEMA, type, at: isoTime(at), run_id: this.#plan?.runId ?? null };
    this.#out.write(`${JSON.stringify({ ...front, ...fields })}\n`);
  }
}

function restKey(instanceId: string, stream: OutputEvent['stream']): string {
  return `${stream} ${instanceId}`;
}

function outputFields({ instanceId, stream, chunk }: OutputEvent): Readonly<Record<string, unknown>> {
  const fields = { instance_id: instanceId, stream, text: chunk.toString('utf8') };
  return isUtf8(chunk) ? fields : { ...fields, base64: chunk.toString('base64') };
}

function fieldsOf(event: Exclude<RunEvent, OutputEvent>, plan: Plan | null): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case 'run-started':
      return planFields(event.plan);
    case 'attempt-finished':
      return { instance_id: event.result.instanceId, attempt: attemptDocument(event.result, plan?.mode ?? 'run') };
    case 'run-finished':
      return plan === null ? {} : { run: runDocument(plan, event.result).run };
    default:
      return plainFields(event);
  }
}

function planFields(plan: Plan): Readonly<Record<string, unknown>> {
  return {
    mode: plan.mode,
    payload: payloadDocument(plan.payload),
    instances: plan.targets.map(({ instance, host }) => ({
      instance_id: instance.instanceId,
      name: instance.name,
      address: host.address,
    })),
    skipped: plan.skipped.map(skipDocument),
  };
}
