import type { RunEvent } from '../../model/event.ts';
import { splitWholeCharacters } from '../../report/utf8.ts';

/** Of one attempt, bytes; the whole of it is in the logs of the run. */
export const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Between two events that say how far a transfer is, ms. */
export const PROGRESS_GAP_MS = 200;

type OutputEvent = Extract<RunEvent, { type: 'output' }>;
type ProgressEvent = Extract<RunEvent, { type: 'progress' }>;
type Stream = OutputEvent['stream'];

/**
 * Takes out of the events of one attempt what nobody needs to keep: progress that is overtaken by the next within a
 * moment, and output beyond a limit. Characters that were cut between two chunks are put together, so that output is text
 * wherever it can be.
 */
export class Thinning {
  /** the beginnings of characters */
  readonly #rests: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #outputBytes = 0;
  #isCut = false;
  #progressAt = -Infinity;
  /** overtaken as soon as another one comes */
  #held: ProgressEvent | null = null;
  #output: OutputEvent | null = null;

  /** @returns what is to be kept now, in order */
  push(event: RunEvent): RunEvent[] {
    if (event.type === 'output') return this.#pushOutput(event);
    if (event.type === 'progress') return this.#pushProgress(event);
    if (event.type === 'attempt-finished') return [...this.end(), event];
    return [...this.#release(), event];
  }

  /** What was held back. */
  end(): RunEvent[] {
    const event = this.#output;
    const rests = (['stdout', 'stderr'] as const).flatMap((stream): RunEvent[] => {
      const chunk = this.#rests[stream];
      this.#rests[stream] = Buffer.alloc(0);
      return event === null || chunk.length === 0 ? [] : [{ ...event, stream, chunk }];
    });
    return [...this.#release(), ...rests];
  }

  #pushOutput(event: OutputEvent): RunEvent[] {
    if (this.#isCut) return [];
    this.#output = event;
    const room = MAX_OUTPUT_BYTES - this.#outputBytes;
    this.#isCut = event.chunk.length > room;
    const fresh = event.chunk.subarray(0, room);
    this.#outputBytes += fresh.length;
    const { whole, rest } = splitWholeCharacters(Buffer.concat([this.#rests[event.stream], fresh]));
    // a copy: a slice would hold on to all of the chunk
    this.#rests[event.stream] = Buffer.from(rest);
    const kept: RunEvent[] = whole.length === 0 ? [] : [{ ...event, chunk: whole }];
    return this.#isCut ? [...kept, ...this.end(), cutNotice(event)] : kept;
  }

  #pushProgress(event: ProgressEvent): RunEvent[] {
    const isNext = this.#held !== null && this.#held.step !== event.step;
    const before = isNext ? this.#release() : [];
    this.#held = event;
    const isDue = event.at - this.#progressAt >= PROGRESS_GAP_MS || event.bytes === event.totalBytes;
    return isDue ? [...before, ...this.#release()] : before;
  }

  #release(): RunEvent[] {
    const held = this.#held;
    this.#held = null;
    if (held === null) return [];
    this.#progressAt = held.at;
    return [held];
  }
}

function cutNotice({ at, instanceId }: OutputEvent): RunEvent {
  const message = `it has said more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB; what comes now is in the logs of the run alone`;
  return { type: 'notice', at, instanceId, message };
}
