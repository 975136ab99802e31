import type { EventDocument } from '../service/events/document.ts';
import type { AttemptAnswer } from '../service/http/view-schemas.ts';
import { formatBytes, formatDuration } from '../util/format.ts';
import { plainText } from './plain-text.ts';

/** What is known of an attempt of a run that is looked at: as the server had it, and what events have told since. */
export interface LiveAttempt extends AttemptAnswer {
  /** what deserves a look, newest word: a straggler, a notice that the instance is taken back */
  readonly note: string | null;
  /** of the transfer it is at, 0 to 1; null: there is none, or its size is not known */
  readonly progress: number | null;
}

export type LiveAttempts = ReadonlyMap<string, LiveAttempt>;

/** What the server has; notes of what was seen happen stay. */
export function liveAttempts(attempts: readonly AttemptAnswer[], before: LiveAttempts): LiveAttempts {
  return new Map(
    attempts.map((attempt) => {
      const { note = null, progress = null } = before.get(attempt.instance_id) ?? {};
      return [attempt.instance_id, { ...attempt, note, progress: attempt.outcome === null ? progress : null }];
    }),
  );
}

/** What an event changes in the attempt that it is about; null: nothing that is shown. */
export function changeOf(event: EventDocument, attempt: LiveAttempt): Partial<LiveAttempt> | null {
  switch (event.type) {
    case 'attempt-started':
      return { started_at: attempt.started_at ?? event.at };
    case 'step-started':
      return { step: event.step, started_at: attempt.started_at ?? event.at, progress: null };
    case 'progress':
      return event.total_bytes === null ? null : { progress: event.bytes / Math.max(1, event.total_bytes) };
    case 'waiting':
      return { said: { line: event.message, at: event.at } };
    case 'output':
      return outputChange(event, attempt);
    case 'notice':
      return { note: event.message };
    case 'interruption':
      return { note: `will be taken back: ${event.action} at ${event.time.slice(11, 19)} UTC` };
    case 'straggler':
      return { note: stragglerNote(event) };
    case 'attempt-finished':
      return finishedChange(event);
    default:
      return null;
  }
}

function stragglerNote({ elapsed_ms, median_ms, action }: Extract<EventDocument, { type: 'straggler' }>): string {
  const done = { report: '', detach: '; left running by itself', stop: '; stopped' }[action];
  return `slow: ${formatDuration(elapsed_ms)}, while half took no more than ${formatDuration(median_ms)}${done}`;
}

function outputChange(event: Extract<EventDocument, { type: 'output' }>, attempt: LiveAttempt): Partial<LiveAttempt> {
  const { stream, text = '', base64 = '' } = event;
  const bytes = text === '' ? Math.floor((base64.length * 3) / 4) : new TextEncoder().encode(text).length;
  const output = { ...attempt[stream], bytes: attempt[stream].bytes + bytes };
  const line = plainText(text).trimEnd().split('\n').at(-1) ?? '';
  return { [stream]: output, ...(line === '' ? {} : { said: { line, at: event.at } }) };
}

function finishedChange({ at, attempt }: Extract<EventDocument, { type: 'attempt-finished' }>): Partial<LiveAttempt> {
  const { outcome, exit_code, signal, error, evidence, steps, stdout_bytes, stderr_bytes } = attempt;
  return {
    ...{ outcome, exit_code, signal, error, evidence: [...evidence], finished_at: at, said: null, progress: null },
    reason: outcome === 'skipped' ? (evidence[0] ?? null) : null,
    steps: steps.map(({ name, ms, bytes }) => ({ name, ms, bytes })),
    stdout: { bytes: stdout_bytes, is_here: true },
    stderr: { bytes: stderr_bytes, is_here: true },
  };
}

/** How long those that have ended took in the middle, ms; null as long as fewer than half have. */
export function medianOf(durations: readonly number[], all: number): number | null {
  if (durations.length === 0 || durations.length * 2 < all) return null;
  const sorted = [...durations].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

/** `upload 40 %`, the newest line, or nothing. */
export function lastWord({ said, progress, stdout, stderr }: LiveAttempt): string {
  if (said !== null) return plainText(said.line).replaceAll('\n', ' ');
  if (progress !== null) return `${Math.round(progress * 100)} %`;
  const bytes = stdout.bytes + stderr.bytes;
  return bytes === 0 ? '' : formatBytes(bytes);
}
