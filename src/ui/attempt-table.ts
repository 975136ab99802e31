import { plural } from '../util/format.ts';
import { createKeyed, h } from './dom.ts';
import { lastWord, type LiveAttempt } from './live.ts';
import { detailOf, durationOf, durationWords, lookOfAttempt, rankOf } from './looks.ts';
import { link, outcome } from './parts.ts';
import { hrefOf } from './route.ts';
import { labelOf } from './labels.ts';
import { type Column, createTable, row } from './table.ts';

/** Shown until one asks for all. */
const MOST_ROWS = 30;

const COLUMNS: readonly Column[] = [
  { name: 'Instance' },
  { name: 'Outcome' },
  { name: 'Time', isNumber: true },
  { name: 'Output', isWide: true },
  { name: 'Address', isMinor: true },
];

export interface AttemptTable {
  readonly element: HTMLElement;
  /** @param now ms since the epoch */
  update(attempts: readonly LiveAttempt[], now: number): void;
}

/** The attempts of a run: first what failed, then what goes on, the slowest in front. */
export function createAttemptTable(): AttemptTable {
  const { element: table, body } = createTable('Attempts of the run', COLUMNS);
  const more = h('button', { type: 'button', class: 'quiet', hidden: true });
  let isAll = false;
  let last: readonly LiveAttempt[] = [];
  const update = createKeyed<LiveAttempt, HTMLTableRowElement>(body, {
    keyOf: ({ instance_id }) => instance_id,
    make: makeRow,
    update: updateRow,
  });
  const draw = (attempts: readonly LiveAttempt[], now: number): void => {
    last = attempts;
    const sorted = [...attempts].sort((a, b) => byInterest(a, b, now));
    update(isAll ? sorted : sorted.slice(0, MOST_ROWS));
    table.hidden = attempts.length === 0;
    more.hidden = isAll || attempts.length <= MOST_ROWS;
    more.textContent = `Show all ${plural(attempts.length, 'instance')}`;
  };
  more.addEventListener('click', () => {
    isAll = true;
    draw(last, Date.now());
  });
  return { element: h('div', {}, table, more), update: draw };
}

function byInterest(a: LiveAttempt, b: LiveAttempt, now: number): number {
  const rank = rankOf(lookOfAttempt(a).key) - rankOf(lookOfAttempt(b).key);
  return rank || (durationOf(b, now) ?? 0) - (durationOf(a, now) ?? 0);
}

const shown = new WeakMap<HTMLTableRowElement, LiveAttempt>();

function makeRow(attempt: LiveAttempt): HTMLTableRowElement {
  const href = hrefOf({ at: 'attempt', id: attempt.run_id, instance: attempt.instance_id });
  return row(COLUMNS, [link(href, labelOf(attempt)), '', '', h('span', { class: 'said mono' }), attempt.address]);
}

function updateRow(line: HTMLTableRowElement, attempt: LiveAttempt): void {
  const [, place, time, said] = line.children as unknown as HTMLElement[];
  const duration = durationWords(attempt, Date.now());
  if (time !== undefined && time.textContent !== duration) time.textContent = duration;
  if (shown.get(line) === attempt || place === undefined || said === undefined) return;
  shown.set(line, attempt);
  place.replaceChildren(outcome(lookOfAttempt(attempt), detailOf(attempt)));
  const words = lastWord(attempt);
  (said.firstElementChild as HTMLElement).textContent = words;
}
