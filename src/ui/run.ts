import type { RunAnswer } from '../service/http/view-schemas.ts';
import { formatBytes, formatDuration, plural } from '../util/format.ts';
import { createAttemptTable } from './attempt-table.ts';
import { createClusters } from './clusters.ts';
import { h, setText, timeElement } from './dom.ts';
import { matches } from './filter.ts';
import { createGrid, type Cell } from './grid.ts';
import { byLabel, labelOf } from './labels.ts';
import type { LiveAttempt, LiveAttempts } from './live.ts';
import { countLooks, detailOf, durationWords, type Look, lookOfAttempt, lookOfStep } from './looks.ts';
import type { Page, View } from './page.ts';
import { bar, createLegend, facts, filterBox, heading, link } from './parts.ts';
import { hrefOf } from './route.ts';
import { followRun, type RunSource } from './run-source.ts';
import { createNotes } from './run-notes.ts';

/** The clock of a run that goes on ticks, ms. */
const TICK_MS = 1000;

/** A run as it goes, and what it came to. */
export function runView(runId: string, page: Page): View {
  const parts = createParts(runId, page);
  let source: RunSource = { run: null, attempts: new Map() };
  let wasGoing = false;
  const draw = (): void => {
    if (source.run === null) return;
    drawRun(parts, source.run, source.attempts);
    const isGoing = source.run.finished_at === null;
    if (wasGoing && !isGoing) page.announce(`The run has ended: ${barWords(source.attempts)}`);
    wasGoing = isGoing;
  };
  parts.onChosen(draw);
  followRun(runId, page, (next) => {
    source = next;
    draw();
  });
  const timer = setInterval(() => {
    if (source.run !== null && source.run.finished_at === null && !document.hidden) draw();
  }, TICK_MS);
  page.signal.addEventListener('abort', () => clearInterval(timer));
  return { element: parts.element, title: `Run ${runId}`, filter: parts.filter, enter: () => parts.grid.focus() };
}

type Parts = ReturnType<typeof createParts>;

function createParts(runId: string, page: Page) {
  const grid = createGrid('Instances of the run');
  const filter = filterBox('web, -succeeded');
  let onChosen = (): void => undefined;
  const legend = createLegend(() => onChosen());
  const state = h('span', { class: 'state' });
  const progress = h('div', { class: 'progress' });
  const steps = h('p', { class: 'steps', role: 'status' });
  const about = h('div');
  const notes = createNotes();
  const clusters = createClusters(runId, page);
  const table = createAttemptTable();
  filter.addEventListener('input', () => onChosen());
  const head = heading('', link(hrefOf({ at: 'runs' }), 'Runs'));
  head.append(state);
  const element = h(
    'section',
    {},
    ...[head, about, progress, steps, notes.element, clusters.element],
    h('h2', {}, 'Instances'),
    h('div', { class: 'tools' }, filter, legend.element),
    ...[grid.element, table.element],
  );
  const listen = (listener: () => void): void => void (onChosen = listener);
  return {
    ...{ element, head, state, progress, steps, about, notes, clusters, grid, filter, legend, table },
    onChosen: listen,
  };
}

function drawRun(parts: Parts, run: RunAnswer, attempts: LiveAttempts): void {
  const now = Date.now();
  const all = [...attempts.values()].sort(byLabel);
  const counts = countLooks(all.map(lookOfAttempt));
  setText(parts.head.querySelector('h1') as Element, run.payload.name);
  setText(parts.state, STATE_WORDS[run.state]);
  parts.state.dataset['state'] = run.state;
  parts.about.replaceChildren(aboutOf(run, now));
  parts.progress.replaceChildren(bar(counts, barWords(attempts)));
  setText(parts.steps, stepWords(run, all));
  parts.legend.update(counts);
  const shown = all.filter((attempt) => isShown(attempt, parts));
  const ids = new Set(shown.map(({ instance_id }) => instance_id));
  parts.grid.update(all.map((attempt) => cellOf(attempt, ids.has(attempt.instance_id), now)));
  parts.notes.update(run, all, now);
  parts.clusters.update(run, attempts);
  parts.table.update(shown, now);
}

const STATE_WORDS: Readonly<Record<RunAnswer['state'], string>> = {
  finished: 'finished',
  running: 'under way',
  left: 'left open: nobody is at it; take it up with spot attach',
};

function aboutOf(run: RunAnswer, now: number): HTMLElement {
  const { payload, created_at, finished_at, user, host, rerun_of, args, mode } = run;
  const ms = (finished_at === null ? now : Date.parse(finished_at)) - Date.parse(created_at);
  return facts([
    ['Time', formatDuration(Math.max(0, ms))],
    ['Began', timeElement(created_at, new Date(created_at).toLocaleString())],
    ['By', user === null ? host : `${user}@${host}`],
    ['Payload', `${payload.digest.slice(0, 12)}, ${formatBytes(payload.size_bytes)}, ${plural(payload.files, 'file')}`],
    ['Arguments', args.join(' ')],
    ['Mode', mode === 'copy' ? 'put there, not run' : ''],
    ['Again of', rerun_of === null ? null : link(hrefOf({ at: 'run', id: rerun_of }), rerun_of)],
    ['Run', h('span', { class: 'mono' }, run.id)],
  ]);
}

/** `3 connecting, 12 uploading, 40 executing; 445 of 500 have ended`. */
function stepWords({ instances, open, state }: RunAnswer, attempts: readonly LiveAttempt[]): string {
  const going = attempts.filter(({ outcome }) => outcome === null);
  if (going.length === 0)
    return `${plural(instances, 'instance')}${state === 'finished' || open > 0 ? '' : ': all have ended'}`;
  const steps = new Map<string, number>();
  for (const { step } of going) {
    const { word } = lookOfStep(step);
    steps.set(word, (steps.get(word) ?? 0) + 1);
  }
  const words = [...steps].map(([word, count]) => `${count} ${word}`).join(', ');
  return `${words}; ${attempts.length - going.length} of ${attempts.length} have ended`;
}

function barWords(attempts: LiveAttempts): string {
  const counts = countLooks([...attempts.values()].map(lookOfAttempt));
  return counts.map(({ look, count }) => `${count} ${look.word}`).join(', ');
}

function isShown(attempt: LiveAttempt, { filter, legend }: Parts): boolean {
  const look = lookOfAttempt(attempt);
  if (legend.chosen !== null && legend.chosen !== look.key) return false;
  const words = [attempt.name ?? '', attempt.instance_id, attempt.address, look.word, look.key, detailOf(attempt)];
  return matches(filter.value, { words: words.map((word) => word.toLowerCase()), values: { outcome: look.key } });
}

function cellOf(attempt: LiveAttempt, isVisible: boolean, now: number): Cell {
  const look: Look = lookOfAttempt(attempt);
  const detail = [detailOf(attempt), durationWords(attempt, now), attempt.note ?? ''];
  return {
    id: attempt.instance_id,
    label: labelOf(attempt),
    look,
    state: null,
    detail: detail.filter((part) => part !== '').join(' · '),
    href: hrefOf({ at: 'attempt', id: attempt.run_id, instance: attempt.instance_id }),
    isShown: isVisible,
  };
}
