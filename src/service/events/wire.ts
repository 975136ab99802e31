import { isUtf8 } from 'node:buffer';
import type { AttemptResult } from '../../model/attempt.ts';
import type { RunEvent } from '../../model/event.ts';
import { plainFields } from '../../report/event-fields.ts';
import { attemptDocument, resultDocument, SCHEMA } from '../../report/json.ts';
import { isoTime } from '../../util/clock.ts';
import type { EventDocument, RunFacts, WholeAttemptDocument } from './document.ts';
import { planOf, startedFields } from './plan-document.ts';
import { resultOf } from './result-document.ts';

/** An event as other programs get it. */
export function encodeEvent(event: RunEvent, run: RunFacts): EventDocument {
  const front = { schema: SCHEMA, type: event.type, at: isoTime(event.at), run_id: run.id };
  return { ...front, ...fieldsOf(event, run) } as EventDocument;
}

function fieldsOf(event: RunEvent, run: RunFacts): object {
  switch (event.type) {
    case 'run-started':
      return startedFields(event);
    case 'output':
      return { instance_id: event.instanceId, stream: event.stream, ...contentOf(event.chunk) };
    case 'attempt-finished':
      return { instance_id: event.result.instanceId, attempt: wholeAttempt(event.result, run.mode) };
    case 'run-finished': {
      const { digest, size_bytes, files } = run.payload;
      const document = resultDocument(event.result, { digest, size_bytes, files });
      const attempts = event.result.attempts.map(({ instanceId }) => instanceId);
      return { run: { ...document, duration_ms: event.result.durationMs }, attempts };
    }
    default:
      return plainFields(event);
  }
}

function contentOf(chunk: Buffer): { readonly text: string } | { readonly base64: string } {
  return isUtf8(chunk) ? { text: chunk.toString('utf8') } : { base64: chunk.toString('base64') };
}

function wholeAttempt(result: AttemptResult, mode: RunFacts['mode']): WholeAttemptDocument {
  const { outcome, stdout, stderr } = result;
  const step = 'step' in outcome ? outcome.step : null;
  return { ...attemptDocument(result, mode), step, stdout_tail: stdout.tail, stderr_tail: stderr.tail };
}

/**
 * The event that a document tells of. A plan has what reports look at, and nothing else is in it.
 * @param ends what the attempts of the run came to, by instance: the last event has their ids alone
 */
export function decodeEvent(document: EventDocument, ends: ReadonlyMap<string, AttemptResult>): RunEvent {
  const at = Date.parse(document.at);
  switch (document.type) {
    case 'run-started':
      return {
        type: 'run-started',
        at,
        plan: planOf(document),
        takenUp: document.taken_up,
        ...(document.only_waits && { onlyWaits: true }),
      };
    case 'output': {
      const { instance_id: instanceId, stream, text, base64 } = document;
      const chunk = text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text, 'utf8');
      return { type: 'output', at, instanceId, stream, chunk };
    }
    case 'attempt-finished':
      return { type: 'attempt-finished', at, result: resultOf(document.attempt) };
    case 'run-finished': {
      const { run, attempts } = document;
      return {
        type: 'run-finished',
        at,
        result: {
          runId: run.id,
          startedAt: run.started_at,
          finishedAt: run.finished_at,
          durationMs: run.duration_ms,
          attempts: attempts.flatMap((instanceId) => ends.get(instanceId) ?? []),
          running: run.running,
          counts: run.counts,
          exitCode: run.exit_code,
        },
      };
    }
    default:
      return plainEvent(document, at);
  }
}

type PlainDocument = Exclude<EventDocument, { type: 'run-started' | 'output' | 'attempt-finished' | 'run-finished' }>;

function plainEvent(document: PlainDocument, at: number): RunEvent {
  switch (document.type) {
    case 'wave-started':
      return { type: document.type, at, wave: document.wave, waves: document.waves, instances: document.instances };
    case 'pause-started':
      return { type: document.type, at, ms: document.ms, wave: document.wave, waves: document.waves };
    case 'attempt-started':
      return { type: document.type, at, instanceId: document.instance_id };
    case 'step-started':
      return { type: document.type, at, instanceId: document.instance_id, step: document.step };
    case 'progress': {
      const { instance_id: instanceId, step, bytes, total_bytes: totalBytes } = document;
      return { type: document.type, at, instanceId, step, bytes, totalBytes };
    }
    case 'waiting':
      return {
        type: document.type,
        at,
        instanceId: document.instance_id,
        step: document.step,
        message: document.message,
      };
    case 'notice':
      return { type: document.type, at, instanceId: document.instance_id, message: document.message };
    case 'interruption': {
      const notice = { action: document.action, at: document.time };
      return { type: document.type, at, instanceId: document.instance_id, notice };
    }
    case 'straggler':
      return stragglerEvent(document, at);
  }
}

function stragglerEvent(document: Extract<PlainDocument, { type: 'straggler' }>, at: number): RunEvent {
  return {
    type: document.type,
    at,
    instanceId: document.instance_id,
    elapsedMs: document.elapsed_ms,
    medianMs: document.median_ms,
    action: document.action,
    lastLine: document.last_line,
    silentMs: document.silent_ms,
  };
}

/** Turns the documents of one run into its events, in their order. */
export class EventDecoder {
  readonly #ends = new Map<string, AttemptResult>();

  decode(document: EventDocument): RunEvent {
    const event = decodeEvent(document, this.#ends);
    if (event.type === 'attempt-finished') this.#ends.set(event.result.instanceId, event.result);
    return event;
  }
}
