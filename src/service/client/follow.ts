import { SpotError } from '../../model/errors.ts';
import type { RunEvent } from '../../model/event.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { Clock } from '../../util/clock.ts';
import { DeadlineError } from '../../util/deadline.ts';
import { formatDuration } from '../../util/format.ts';
import { pause } from '../../util/pause.ts';
import type { EventDocument } from '../events/document.ts';
import { EventDecoder } from '../events/wire.ts';
import type { ServiceConnection } from './connection.ts';
import { EventStreamParser } from './event-stream.ts';
import { explainFailure, isPassing, misunderstood } from './failures.ts';

/** The service says something at least every 15 s, ms. */
const SILENCE_MS = 45_000;
/** How long a service that cannot be reached is looked for, ms. */
const PATIENCE_MS = 120_000;
const LONGEST_PAUSE_MS = 5000;

export interface FollowOptions {
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  /** before try number `tries` (from 1), ms; by default 0.25 s at first, then longer */
  readonly pauseMs?: (tries: number) => number;
  /** ms; 2 minutes by default */
  readonly patienceMs?: number;
}

/**
 * The events of a run, each once and in order, however often the connection breaks; ends behind `run-finished`, or when
 * the signal is aborted.
 * @throws SpotError `service-lost` (exit 4) where the service cannot be reached for a while; else what it refuses
 */
export async function* followRun(
  connection: ServiceConnection,
  runId: string,
  signal: AbortSignal,
  options: FollowOptions,
): AsyncGenerator<RunEvent> {
  const { clock, random, patienceMs = PATIENCE_MS } = options;
  const pauseMs = options.pauseMs ?? ((tries) => Math.min(LONGEST_PAUSE_MS, 250 * 2 ** (tries - 1)) * (1 + random()));
  const reader = new EventReader(connection, runId);
  let [tries, since] = [0, clock.now()];
  const isLeft = (): boolean => signal.aborted;
  while (!isLeft()) {
    const before = reader.last;
    try {
      yield* reader.read(signal);
      if (reader.isOver) return;
    } catch (error) {
      if (isLeft()) return;
      if (!isPassing(error)) throw error;
    }
    if (reader.last > before) [tries, since] = [0, clock.now()];
    const awayMs = clock.now() - since;
    if (awayMs >= patienceMs) throw lost(connection, runId, awayMs);
    tries += 1;
    await pause(pauseMs(tries), signal);
  }
}

class EventReader {
  readonly #connection: ServiceConnection;
  readonly #runId: string;
  readonly #decoder = new EventDecoder();
  /** number of the last event */
  last = 0;
  isOver = false;

  constructor(connection: ServiceConnection, runId: string) {
    this.#connection = connection;
    this.#runId = runId;
  }

  /** The events behind the last one, until the connection ends. */
  async *read(signal: AbortSignal): AsyncGenerator<RunEvent> {
    const answer = await this.#connection.open({
      method: 'GET',
      path: `/api/v1/runs/${encodeURIComponent(this.#runId)}/events`,
      headers: { accept: 'text/event-stream', ...(this.last > 0 && { 'last-event-id': String(this.last) }) },
      signal,
    });
    if (answer.statusCode === 204) this.isOver = true;
    answer.setTimeout(SILENCE_MS, () => answer.destroy(new DeadlineError(SILENCE_MS)));
    const parser = new EventStreamParser();
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        for (const { id, data } of parser.push(chunk)) {
          const event = this.#take(Number(id), data);
          if (event === null) continue;
          yield event;
          if (event.type === 'run-finished') return void (this.isOver = true);
        }
      }
    } catch (error) {
      throw explainFailure(error, this.#connection.address);
    } finally {
      answer.destroy();
    }
  }

  /** @returns null for one that was there already, or that this program does not know */
  #take(number: number, data: string): RunEvent | null {
    const { address } = this.#connection;
    if (number <= this.last) return null;
    if (number !== this.last + 1) throw misunderstood(address, `event ${this.last + 1} of the run is missing`);
    this.last = number;
    try {
      return this.#decoder.decode(JSON.parse(data) as EventDocument);
    } catch (error) {
      throw misunderstood(address, `event ${number} of the run has another shape`, error);
    }
  }
}

function lost({ address }: ServiceConnection, runId: string, awayMs: number): SpotError {
  const message = `the service at ${address.shown} has not been reached for ${formatDuration(awayMs)}; as far as anybody knows it goes on with run ${runId}: look at it there with spot show ${runId}`;
  return new SpotError('service-lost', message, { exitCode: ExitCode.unreachable });
}
