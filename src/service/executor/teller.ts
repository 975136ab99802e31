import { readFileSync } from 'node:fs';
import type { RunEvent } from '../../model/event.ts';
import { outputPaths, type StreamName } from '../../run/outputs.ts';
import type { EventSink } from './deps.ts';
import type { Told } from './told.ts';

const STREAMS = ['stdout', 'stderr'] as const;

/**
 * Tells the events of one attempt, each once, although several workers may have been at it: its beginning, and what the
 * script has said.
 */
export class Teller {
  readonly #runId: string;
  readonly #events: EventSink;
  #hasBegun: boolean;
  /** of each output, where the next bytes belong that come from the instance, and how many have been told */
  readonly #places: Record<StreamName, { at: number; readonly told: number }> = {
    stdout: { at: 0, told: 0 },
    stderr: { at: 0, told: 0 },
  };

  /** @param hasBegun somebody was at it before */
  constructor(runId: string, events: EventSink, hasBegun: boolean) {
    this.#runId = runId;
    this.#events = events;
    this.#hasBegun = hasBegun;
  }

  readonly emit = (event: RunEvent): void => {
    if (event.type === 'attempt-started') {
      if (this.#hasBegun) return;
      this.#hasBegun = true;
    }
    const fresh = event.type === 'output' ? this.#untold(event) : event;
    if (fresh !== null) this.#events.append(this.#runId, fresh);
  };

  /**
   * Makes files and events agree where another worker has died: what its files have more than was told is told now; what
   * they have less, as they are on another machine, comes again from the instance, and is not told twice.
   * @param at ms since the epoch
   */
  takeUp(logsDir: string, instanceId: string, told: Told, at: number): void {
    const paths = outputPaths(logsDir, instanceId);
    for (const stream of STREAMS) {
      const file = readIfThere(paths[stream]) ?? Buffer.alloc(0);
      const chunk = file.subarray(told[stream].bytes);
      if (chunk.byteLength > 0) this.#events.append(this.#runId, { type: 'output', at, instanceId, stream, chunk });
      this.#places[stream] = { at: file.byteLength, told: Math.max(told[stream].bytes, file.byteLength) };
    }
  }

  #untold(event: Extract<RunEvent, { type: 'output' }>): typeof event | null {
    const place = this.#places[event.stream];
    const chunk = event.chunk.subarray(Math.max(0, place.told - place.at));
    place.at += event.chunk.byteLength;
    return chunk.byteLength === 0 ? null : { ...event, chunk };
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
