import type { RunAnswer, RunsAnswer } from '../service/http/view-schemas.ts';
import { formatAge, formatDuration } from '../util/format.ts';
import { ask, repeat } from './ask.ts';
import { createKeyed, h, type Keyed, timeElement } from './dom.ts';
import type { Page, View } from './page.ts';
import { bar, countsOfRun, heading, link, note, tallies } from './parts.ts';
import { hrefOf } from './route.ts';
import { type Column, createTable, row } from './table.ts';

const PAGE_SIZE = 25;
/** While a run goes on, and while none does, ms. */
const LIVELY_MS = 1500;
const QUIET_MS = 4000;

const COLUMNS: readonly Column[] = [
  { name: 'Began' },
  { name: 'Payload' },
  { name: 'Outcomes', isWide: true },
  { name: 'Instances', isNumber: true, isMinor: true },
  { name: 'Time', isNumber: true },
  { name: 'Who', isMinor: true },
  { name: 'Run', isMinor: true },
];

/** The history of runs: the newest page follows what happens, older ones are added to it. */
export function runsView(page: Page): View {
  const { element: table, body } = createTable('Runs, newest first', COLUMNS);
  const empty = note('No run is on record yet. Begin one with: spot upload-script ./deploy.sh');
  empty.hidden = true;
  const older = h('button', { type: 'button', class: 'quiet' }, 'Older runs');
  const update = createKeyed(body, ROWS);
  const runs = new Map<string, RunAnswer>();
  let cursor: string | null = null;
  const draw = (): void => {
    update([...runs.values()].sort(newestFirst));
    older.hidden = cursor === null;
    empty.hidden = runs.size > 0;
    table.hidden = runs.size === 0;
  };
  const take = (answer: RunsAnswer): void => {
    for (const run of answer.runs) runs.set(run.id, run);
  };
  const look = async (): Promise<number> => {
    const newest = await askPage(null, page);
    page.fine();
    if (runs.size === 0) cursor = newest.next_cursor;
    take(newest);
    draw();
    return newest.runs.some(({ finished_at }) => finished_at === null) ? LIVELY_MS : QUIET_MS;
  };
  const more = async (): Promise<void> => {
    const answer = await askPage(cursor, page);
    cursor = answer.next_cursor;
    take(answer);
    draw();
  };
  older.hidden = true;
  older.addEventListener('click', () => void more().catch((error: unknown) => page.problem(error)));
  void repeat(look, page.signal, (error) => page.problem(error));
  const element = h('section', {}, heading('Runs'), table, empty, older);
  const enter = (): void => body.querySelector<HTMLElement>('a')?.focus();
  return { element, title: 'Runs', enter };
}

function askPage(cursor: string | null, { signal }: Page): Promise<RunsAnswer> {
  const from = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  return ask<RunsAnswer>(`/api/v1/runs?limit=${PAGE_SIZE}${from}`, signal);
}

const ROWS: Keyed<RunAnswer, HTMLTableRowElement> = {
  keyOf: ({ id }) => id,
  make: () => h('tr'),
  update: updateRow,
};

function newestFirst(a: RunAnswer, b: RunAnswer): number {
  return b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id);
}

const drawn = new WeakMap<HTMLTableRowElement, RunAnswer>();

function updateRow(line: HTMLTableRowElement, run: RunAnswer): void {
  if (drawn.get(line) === run && run.finished_at !== null) {
    updateAge(line, run);
    return;
  }
  drawn.set(line, run);
  const hadFocus = line.contains(document.activeElement);
  const counts = countsOfRun(run);
  const href = hrefOf({ at: 'run', id: run.id });
  const cells = row(COLUMNS, [
    timeElement(run.created_at, ageOf(run)),
    link(href, run.payload.name),
    h('div', { class: 'outcomes' }, bar(counts, null), tallies(counts)),
    String(run.instances),
    timeOf(run),
    run.user === null ? run.host : `${run.user}@${run.host}`,
    h('span', { class: 'mono muted' }, run.id),
  ]);
  line.replaceChildren(...cells.children);
  line.classList.toggle('is-live', run.finished_at === null);
  if (hadFocus) line.querySelector<HTMLElement>('a')?.focus();
}

function updateAge(line: HTMLTableRowElement, run: RunAnswer): void {
  const time = line.querySelector('time');
  if (time !== null && time.textContent !== ageOf(run)) time.textContent = ageOf(run);
}

function ageOf({ created_at }: RunAnswer): string {
  return formatAge(Date.now() - Date.parse(created_at));
}

function timeOf({ created_at, finished_at }: RunAnswer): string {
  const end = finished_at === null ? Date.now() : Date.parse(finished_at);
  return formatDuration(Math.max(0, end - Date.parse(created_at)));
}
