import type { RunEvent } from '../../model/event.ts';
import { Thinning } from './thinning.ts';

/** Chunks of one output that follow each other are put together up to this size, bytes. */
const CHUNK_BYTES = 32 * 1024;
/** Of an event that is no output, by a generous guess, bytes. */
const EVENT_BYTES = 512;
/** Attempts that are remembered; more are only under way where their ends were written by others. */
const MAX_ATTEMPTS = 10_000;

/** What waits to be written, by run, in order. */
export class EventBuffer {
  readonly #pending = new Map<string, RunEvent[]>();
  /** of the attempts that have not ended, by run and instance */
  readonly #attempts = new Map<string, { readonly runId: string; readonly thinning: Thinning }>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(runId: string, event: RunEvent): void {
    for (const kept of this.#thinned(runId, event)) this.#add(runId, kept);
  }

  /** Lets go of what was held back. */
  release(): void {
    for (const { runId, thinning } of this.#attempts.values()) {
      for (const event of thinning.end()) this.#add(runId, event);
    }
  }

  pending(): ReadonlyMap<string, readonly RunEvent[]> {
    return this.#pending;
  }

  clear(): void {
    this.#pending.clear();
    this.#bytes = 0;
  }

  #thinned(runId: string, event: RunEvent): RunEvent[] {
    const instanceId = event.type === 'attempt-finished' ? event.result.instanceId : instanceOf(event);
    if (instanceId === null) return [event];
    const key = `${runId} ${instanceId}`;
    const attempt = this.#attempts.get(key) ?? { runId, thinning: new Thinning() };
    const kept = attempt.thinning.push(event);
    this.#attempts.delete(key);
    if (event.type !== 'attempt-finished') this.#attempts.set(key, attempt);
    if (this.#attempts.size > MAX_ATTEMPTS) this.#drop();
    return kept;
  }

  /** The attempt that has been silent for the longest time. */
  #drop(): void {
    const [key, { runId, thinning }] = this.#attempts.entries().next().value as [
      string,
      { runId: string; thinning: Thinning },
    ];
    for (const event of thinning.end()) this.#add(runId, event);
    this.#attempts.delete(key);
  }

  #add(runId: string, event: RunEvent): void {
    const events = this.#pending.get(runId) ?? [];
    this.#pending.set(runId, events);
    const last = events.at(-1);
    const joined = last === undefined ? null : join(last, event);
    if (joined === null) events.push(event);
    else events[events.length - 1] = joined;
    this.#bytes += event.type === 'output' ? event.chunk.length : EVENT_BYTES;
  }
}

function instanceOf(event: RunEvent): string | null {
  return 'instanceId' in event ? event.instanceId : null;
}

/** @returns null where these are not two pieces of one output */
function join(last: RunEvent, next: RunEvent): RunEvent | null {
  if (last.type !== 'output' || next.type !== 'output') return null;
  const isSame = last.instanceId === next.instanceId && last.stream === next.stream;
  if (!isSame || last.chunk.length + next.chunk.length > CHUNK_BYTES) return null;
  return { ...last, chunk: Buffer.concat([last.chunk, next.chunk]) };
}
