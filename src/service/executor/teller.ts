import { closeSync, ftruncateSync, fstatSync, openSync, readFileSync } from 'node:fs';
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
   * Makes files and events agree where another worker has died: what its files have more than was told is cut off, as it is
   * read again; and what they have less, as they are on another machine, is read again, and not told twice.
   */
  takeUp(logsDir: string, instanceId: string, told: Told): void {
    const paths = outputPaths(logsDir, instanceId);
    for (const stream of STREAMS) {
      const { bytes } = told[stream];
      this.#places[stream] = { at: cutTo(paths[stream], bytes), told: bytes };
    }
  }

  /** What is in the files of an attempt that has ended, and was not told. */
  tellRest(logsDir: string, instanceId: string, told: Told, at: number): void {
    const paths = outputPaths(logsDir, instanceId);
    for (const stream of STREAMS) {
      const chunk = readIfThere(paths[stream])?.subarray(told[stream].bytes);
      if (chunk === undefined || chunk.byteLength === 0) continue;
      this.#events.append(this.#runId, { type: 'output', at, instanceId, stream, chunk });
    }
  }

  #untold(event: Extract<RunEvent, { type: 'output' }>): typeof event | null {
    const place = this.#places[event.stream];
    const chunk = event.chunk.subarray(Math.max(0, place.told - place.at));
    place.at += event.chunk.byteLength;
    return chunk.byteLength === 0 ? null : { ...event, chunk };
  }
}

/** @returns how long the file is then, bytes; 0 where there is none */
function cutTo(path: string, bytes: number): number {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch {
    // whatever is wrong with it, the attempt says
    return 0;
  }
  try {
    const { size } = fstatSync(fd);
    if (size > bytes) ftruncateSync(fd, bytes);
    return Math.min(size, bytes);
  } finally {
    closeSync(fd);
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
