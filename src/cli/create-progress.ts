import type { CreateEvent, CreateSubscriber } from '../fleet/create-event.ts';
import { placeName } from '../fleet/launch-places.ts';
import { addressOf } from '../model/instance.ts';
import { Screen } from '../report/screen.ts';
import { cutToWidth, harmless } from '../report/text.ts';
import { formatDuration } from '../util/format.ts';
import type { Io } from './io.ts';
import { nameAndId } from './several.ts';

/** Shows what becomes of a creation until its instances run. */
export interface CreateProgress {
  readonly emit: CreateSubscriber;
  /** takes the view off the screen; safe to call twice */
  close(): void;
}

const REDRAW_MS = 1000;

/**
 * A terminal has a line that is drawn over, and what stays above it; elsewhere each thing has its line.
 * @param count how many instances there are to be
 */
export function showCreation(count: number, quiet: boolean, io: Io): CreateProgress {
  const isLive = io.stderr.isTTY === true && io.env['TERM'] !== 'dumb' && !io.env['CI'] && !quiet;
  if (isLive) return liveProgress(count, io);
  return {
    emit: (event) => {
      for (const line of quiet ? troubleLines(event, count) : plainLines(event, count)) io.stderr.write(`${line}\n`);
    },
    close: () => undefined,
  };
}

function liveProgress(count: number, { stderr, clock }: Io): CreateProgress {
  const screen = new Screen(stderr);
  const startedAt = clock.now();
  let state = 'looking up what is needed';
  const draw = (messages: readonly string[] = []): void => {
    const time = formatDuration(Math.floor((clock.now() - startedAt) / 1000) * 1000);
    screen.draw([cutToWidth(`${state} · ${time}`, screen.columns)], messages);
  };
  const timer = setInterval(draw, REDRAW_MS);
  draw();
  return {
    emit: (event) => {
      state = stateOf(event, count) ?? state;
      draw(event.type === 'ordering' ? [] : plainLines(event, count));
    },
    close: () => {
      clearInterval(timer);
      screen.erase();
    },
  };
}

function stateOf(event: CreateEvent, count: number): string | null {
  if (event.type === 'ordering') return `asking ${placeName(event.place)} for ${event.count} of ${count}`;
  if (event.type !== 'waiting') return null;
  return `${event.running} of ${count} run, ${event.pending} pending`;
}

function plainLines(event: CreateEvent, count: number): string[] {
  if (event.type === 'ordering') {
    return [`${placeName(event.place)}: asking for ${event.count} × ${event.place.instanceTypes.join(' or ')}`];
  }
  if (event.type !== 'running') return troubleLines(event, count);
  const { instance, ms } = event;
  const where = `${addressOf(instance) ?? ''} in ${instance.availabilityZone ?? instance.region ?? ''}`;
  return [`${nameAndId(instance)}  running at ${where} after ${formatDuration(ms)}`];
}

/** What did not go as it should. */
function troubleLines(event: CreateEvent, count: number): string[] {
  switch (event.type) {
    case 'short': {
      const reasons = event.shortages.map((reason) => `spot: note: ${harmless(reason)}`);
      const next = event.next === null ? 'no place is left' : `trying ${placeName(event.next)}`;
      return [...reasons, `${placeName(event.place)}: ${event.created} of ${count} created; ${next}`];
    }
    case 'ended': {
      const { stateReason } = event.instance;
      const why = stateReason === null ? '' : `: ${harmless(stateReason)}`;
      return [`${nameAndId(event.instance)}  ended before it was ready${why}`];
    }
    case 'warning':
      return [`spot: warning: ${harmless(event.message)}`];
    default:
      return [];
  }
}
