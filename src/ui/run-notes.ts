import type { RunAnswer } from '../service/http/view-schemas.ts';
import { formatDuration, formatSpan, plural } from '../util/format.ts';
import { createKeyed, h, setText } from './dom.ts';
import { lastWord, type LiveAttempt, medianOf } from './live.ts';
import { durationOf, lookOfAttempt } from './looks.ts';
import { link, mark } from './parts.ts';
import { hrefOf } from './route.ts';
import { labelOf } from './labels.ts';

/** A script that takes so many times as long as half of the others is shown as slow. */
const SLOW_FACTOR = 3;
/** Of those that deserve the eye. */
const MOST_NOTES = 8;

interface Noted {
  readonly attempt: LiveAttempt;
  readonly words: string;
  readonly said: string;
}

export interface Notes {
  readonly element: HTMLElement;
  /** @param now ms since the epoch */
  update(run: RunAnswer, attempts: readonly LiveAttempt[], now: number): void;
}

/** What deserves the eye while a run goes on: notices of instances, and those that take much longer than the others. */
export function createNotes(): Notes {
  const list = h('ul', { class: 'notes' });
  const pace = h('span', { class: 'muted' });
  const rest = h('p', { class: 'muted' });
  const element = h('section', { hidden: true }, h('h2', {}, 'Worth a look ', pace), list, rest);
  const update = createKeyed<Noted, HTMLLIElement>(list, {
    keyOf: ({ attempt }) => attempt.instance_id,
    make: ({ attempt }) => {
      const href = hrefOf({ at: 'attempt', id: attempt.run_id, instance: attempt.instance_id });
      return h('li', {}, mark(lookOfAttempt(attempt)), link(href, labelOf(attempt)), h('span'), h('code'));
    },
    update: (item, { words, said }) => {
      (item.children[2] as Element).textContent = words;
      (item.children[3] as Element).textContent = said;
    },
  });
  return {
    element,
    update: (run: RunAnswer, attempts: readonly LiveAttempt[], now: number) => {
      const median = paceOf(attempts, now);
      const noted = run.finished_at === null ? notedIn(attempts, median, now) : [];
      element.hidden = noted.length === 0;
      setText(pace, median === null ? '' : `half of those that have ended took no more than ${formatDuration(median)}`);
      setText(rest, noted.length <= MOST_NOTES ? '' : `and ${plural(noted.length - MOST_NOTES, 'other')} like these`);
      update(noted.slice(0, MOST_NOTES));
    },
  };
}

/** How long half of those took that have ended, ms. */
function paceOf(attempts: readonly LiveAttempt[], now: number): number | null {
  const ended = attempts.filter(({ outcome }) => outcome !== null && outcome !== 'skipped');
  const durations = ended.flatMap((attempt) => durationOf(attempt, now) ?? []);
  return medianOf(durations, attempts.length);
}

function notedIn(attempts: readonly LiveAttempt[], median: number | null, now: number): Noted[] {
  const going = attempts.filter(({ outcome }) => outcome === null);
  const slowest = going.sort((a, b) => (durationOf(b, now) ?? 0) - (durationOf(a, now) ?? 0));
  return slowest.flatMap((attempt) => {
    const ms = durationOf(attempt, now) ?? 0;
    const slow = median === null || ms <= SLOW_FACTOR * median ? null : formatDuration(ms);
    const words = attempt.note ?? slow;
    return words === null ? [] : [{ attempt, words, said: saidWords(attempt, now) }];
  });
}

/** `last said 42 s ago: …`. */
function saidWords(attempt: LiveAttempt, now: number): string {
  if (attempt.said === null) return 'has said nothing yet';
  return `${formatSpan(now - Date.parse(attempt.said.at))} ago: ${lastWord(attempt)}`;
}
