import type { RunEvent } from '../model/event.ts';
import type { EventDocument } from '../service/events/document.ts';
import type { AttemptAnswer, AttemptsAnswer, RunAnswer } from '../service/http/view-schemas.ts';
import { ask, createLister, repeat } from './ask.ts';
import { changeOf, liveAttempts, type LiveAttempts } from './live.ts';
import type { Page } from './page.ts';

/** A run that is looked at, and what is told of it as it goes. */
export interface RunSource {
  /** null until it is known */
  readonly run: RunAnswer | null;
  readonly attempts: LiveAttempts;
}

/** Runs of the command line are looked at this often, ms; of a service the events come by themselves. */
const LOOK_AGAIN_MS = 1000;
/** As long as events come: what they do not tell. */
const CHECK_MS = 10_000;
/** A frame is drawn no more often, ms. */
const DRAW_MS = 100;

const TYPES = [
  'attempt-started',
  'step-started',
  'progress',
  'waiting',
  'output',
  'notice',
  'interruption',
  'straggler',
  'attempt-finished',
] as const satisfies readonly RunEvent['type'][];

/**
 * Follows a run until it is over: by its events where it is one of a service, and by looking again and again where nobody
 * keeps them.
 * @param onChange called as often as there is something new to draw, and no more than ten times a second
 */
export function followRun(runId: string, page: Page, onChange: (source: RunSource) => void): void {
  const path = `/api/v1/runs/${encodeURIComponent(runId)}`;
  const list = createLister(`${path}/attempts`, (answer) => (answer as AttemptsAnswer).attempts);
  let run: RunAnswer | null = null;
  let answered: readonly AttemptAnswer[] | null = null;
  let attempts: LiveAttempts = new Map();
  let stream: EventSource | null = null;
  const draw = createThrottle(() => onChange({ run, attempts }), DRAW_MS, page.signal);
  const look = async (): Promise<number | null> => {
    const found = await ask<RunAnswer>(path, page.signal);
    const all = await list(page.signal);
    page.fine();
    if (found !== run || all !== answered) {
      run = found;
      answered = all;
      attempts = liveAttempts(all, attempts);
      draw();
    }
    if (found.finished_at !== null) return (stream?.close(), null);
    if (found.last_event === null) return LOOK_AGAIN_MS;
    stream ??= openStream(`${path}/events?after=${found.last_event}`, page.signal, { take, over: start });
    return stream.readyState === EventSource.CLOSED ? LOOK_AGAIN_MS : CHECK_MS;
  };
  const start = (): void => void repeat(look, page.signal, (error) => page.problem(error));
  const take = (event: EventDocument): void => {
    const attempt = 'instance_id' in event ? attempts.get(event.instance_id ?? '') : undefined;
    const change = attempt === undefined ? null : changeOf(event, attempt);
    if (attempt === undefined || change === null) return;
    attempts = new Map(attempts).set(attempt.instance_id, { ...attempt, ...change });
    draw();
  };
  start();
}

interface Listening {
  readonly take: (event: EventDocument) => void;
  /** the last event has come */
  readonly over: () => void;
}

/** The browser comes again by itself, and says which event it had last. */
function openStream(url: string, signal: AbortSignal, { take, over }: Listening): EventSource {
  const source = new EventSource(url);
  for (const type of TYPES) {
    source.addEventListener(type, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as EventDocument));
  }
  source.addEventListener('run-finished', () => {
    source.close();
    over();
  });
  signal.addEventListener('abort', () => source.close());
  return source;
}

/** Does it at once, and then once for all calls of that time. */
function createThrottle(work: () => void, ms: number, signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isDue = false;
  const tick = (): void => {
    timer = null;
    if (isDue && !signal.aborted) start();
  };
  const start = (): void => {
    isDue = false;
    work();
    timer = setTimeout(tick, ms);
  };
  return () => {
    isDue = true;
    if (timer === null) start();
  };
}
