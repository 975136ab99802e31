import type { RunResult } from '../../model/attempt.ts';
import type { RunEvent } from '../../model/event.ts';
import type { NewEvent, RunEventTable, StoredEvent } from '../../state/run-events.ts';
import type { Clock } from '../../util/clock.ts';
import type { NumberedEvent } from '../api.ts';
import { EventBuffer } from './buffer.ts';
import type { EventDocument, FinishedDocument, RunFacts } from './document.ts';
import { factsOf, recordedResult, type RunRecords, startedDocument } from './facts.ts';
import { Followers } from './followers.ts';
import { resultOf } from './result-document.ts';
import { decodeEvent, encodeEvent } from './wire.ts';

/** The events of the runs of the service: whoever works on a run writes them, whoever wants to see it reads them. */
export interface EventLog {
  /** Buffered for at most 100 ms, or 64 KiB; numbered when written; of one run the order of calls is kept. */
  append(runId: string, event: RunEvent): void;
  /**
   * What was appended is durable; but for a `run-finished` that comes before the last of its `attempt-finished`: it waits
   * for those of other workers for a moment, and follows from the ledger if this process dies.
   * @throws SpotError `state-busy` and the like; nothing is lost then
   */
  flush(): void;
  /**
   * The events behind that number, in order, those to come, too; ends behind `run-finished`, when the signal is aborted,
   * and for a run that is not on record. A follower that is slow holds a page of them in memory, and no more.
   */
  follow(runId: string, after: number, signal: AbortSignal): AsyncIterable<NumberedEvent>;
  /** writes what is left; followers come to their end */
  close(): void;
}

export interface EventLogOptions {
  /** of the same state */
  readonly runs: RunRecords;
  readonly clock: Clock;
  /** told of each time that events could not be written; they are kept, and it is tried again */
  readonly onProblem: (error: unknown) => void;
}

export function openEventLog(table: RunEventTable, options: EventLogOptions): EventLog {
  return new BufferedLog(table, options);
}

/** Until a batch is written, ms. */
const BATCH_MS = 100;
/** The same where it could not be written. */
const RETRY_MS = 1000;
const BATCH_BYTES = 64 * 1024;
/** How long the end of a run waits for the ends of its attempts, ms. */
const ENDS_MS = 2000;
/** Events read at once; each is 44 KiB at most, but for those of large runs. */
const PAGE = 64;
/** Runs that are remembered. */
const MAX_FACTS = 1000;

interface Closing {
  readonly event: Extract<RunEvent, { type: 'run-finished' }>;
  /** ms since the epoch */
  readonly since: number;
}

class BufferedLog implements EventLog {
  readonly #table: RunEventTable;
  readonly #options: EventLogOptions;
  readonly #buffer = new EventBuffer();
  readonly #followers: Followers;
  readonly #closings = new Map<string, Closing>();
  readonly #facts = new Map<string, RunFacts>();
  #timer: NodeJS.Timeout | null = null;
  #isFailing = false;

  constructor(table: RunEventTable, options: EventLogOptions) {
    this.#table = table;
    this.#options = options;
    this.#followers = new Followers(table, (runId) => this.#closeFromLedger(runId));
  }

  append(runId: string, event: RunEvent): void {
    if (event.type === 'run-finished') this.#closings.set(runId, { event, since: this.#options.clock.now() });
    else this.#buffer.push(runId, event);
    if (this.#buffer.bytes >= BATCH_BYTES && !this.#isFailing) this.#writeOrLater();
    else this.#writeSoon(BATCH_MS);
  }

  flush(): void {
    this.#buffer.release();
    this.#write(false);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      this.#buffer.release();
      this.#write(true);
    } finally {
      this.#followers.end();
    }
  }

  async *follow(runId: string, after: number, signal: AbortSignal): AsyncGenerator<NumberedEvent> {
    const follower = this.#followers.join(runId);
    const abort = (): void => follower.tell('over');
    signal.addEventListener('abort', abort);
    try {
      follower.seen = after;
      for (;;) {
        const page = this.#table.read(runId, follower.seen, PAGE);
        for (const stored of page) {
          if (signal.aborted) return;
          follower.seen = stored.number;
          yield { number: stored.number, event: this.#decode(runId, stored) };
          if (stored.type === 'run-finished') return;
        }
        if (signal.aborted || (page.length < PAGE && (await follower.wait()) === 'over')) return;
      }
    } finally {
      signal.removeEventListener('abort', abort);
      this.#followers.leave(runId, follower);
    }
  }

  #decode(runId: string, { type, event }: StoredEvent): RunEvent {
    const ends = type === 'run-finished' ? this.#table.ends(runId) : [];
    const results = ends.map((end) => resultOf((JSON.parse(end) as FinishedDocument).attempt));
    const byInstance = new Map(results.map((result) => [result.instanceId, result]));
    return decodeEvent(JSON.parse(event) as EventDocument, byInstance);
  }

  #writeSoon(inMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#writeOrLater();
    }, inMs);
  }

  #writeOrLater(): void {
    try {
      this.#write(false);
    } catch (error) {
      this.#isFailing = true;
      this.#options.onProblem(error);
      this.#writeSoon(RETRY_MS);
    }
  }

  /** @param isLast ends of runs do not wait any more */
  #write(isLast: boolean): void {
    const batches = new Map<string, readonly NewEvent[]>();
    for (const [runId, events] of this.#buffer.pending()) {
      const facts = this.#factsOf(runId);
      if (facts !== null)
        batches.set(
          runId,
          events.map((event) => stored(encodeEvent(event, facts))),
        );
    }
    if (batches.size > 0) this.#table.append(batches, (id) => this.#opening(id));
    this.#buffer.clear();
    this.#isFailing = false;
    const closed = [...this.#closings].filter(([runId, closing]) => this.#tryToClose(runId, closing, isLast));
    for (const [runId] of closed) this.#forget(runId);
    this.#followers.wake([...batches.keys(), ...closed.map(([runId]) => runId)]);
    if (this.#closings.size > 0) this.#writeSoon(BATCH_MS);
  }

  #forget(runId: string): void {
    this.#closings.delete(runId);
    this.#facts.delete(runId);
  }

  /** @returns null for a run that is not on record */
  #factsOf(runId: string): RunFacts | null {
    const known = this.#facts.get(runId);
    if (known !== undefined) return known;
    const run = this.#options.runs.find(runId);
    if (run === null) return null;
    const facts = factsOf(run);
    if (this.#facts.size >= MAX_FACTS) this.#facts.clear();
    this.#facts.set(runId, facts);
    return facts;
  }

  /** Of a run whose first event was not written by whoever began it. */
  #opening(runId: string): NewEvent {
    const { runs } = this.#options;
    const run = runs.find(runId);
    if (run === null) throw new Error(`run ${runId} is not on record and has events`);
    return stored(startedDocument(run, runs));
  }

  /** @returns false where ends of attempts are still on their way */
  #tryToClose(runId: string, { event, since }: Closing, isLast: boolean): boolean {
    const isDue = isLast || this.#options.clock.now() - since >= ENDS_MS;
    return this.#closeRun(runId, event.result, event.at, isDue);
  }

  /** @param isDue attempts whose end nobody has told are told of as the run tells of them */
  #closeRun(runId: string, result: RunResult, at: number, isDue: boolean): boolean {
    const facts = this.#factsOf(runId);
    if (facts === null) return true;
    let isWaiting = false;
    this.#table.close(
      runId,
      (id) => this.#opening(id),
      (ends) => {
        const told = new Set(ends.map((end) => (JSON.parse(end) as FinishedDocument).instance_id));
        const untold = result.attempts.filter(({ instanceId }) => !told.has(instanceId));
        isWaiting = untold.length > 0 && !isDue;
        if (isWaiting) return null;
        const finished = untold.map((attempt): RunEvent => ({ type: 'attempt-finished', at, result: attempt }));
        const events: RunEvent[] = [...finished, { type: 'run-finished', at, result }];
        return events.map((event) => stored(encodeEvent(event, facts)));
      },
    );
    return !isWaiting;
  }

  #closeFromLedger(runId: string): void {
    const { runs } = this.#options;
    const run = runs.find(runId);
    const finishedAt = run?.finishedAt ?? null;
    if (run === null || finishedAt === null) return;
    const result = recordedResult(run, finishedAt, runs);
    this.#closeRun(runId, result, Date.parse(finishedAt), true);
    this.#forget(runId);
    this.#followers.wake([runId]);
  }
}

function stored(document: EventDocument): NewEvent {
  return { type: document.type, event: JSON.stringify(document) };
}
