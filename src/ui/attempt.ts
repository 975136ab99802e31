import type { AttemptAnswer } from '../service/http/view-schemas.ts';
import { formatBytes, formatDuration } from '../util/format.ts';
import { ask, repeat } from './ask.ts';
import { h, setText, timeElement } from './dom.ts';
import { detailOf, durationWords, lookOfAttempt } from './looks.ts';
import { createOutput } from './output.ts';
import type { Page, View } from './page.ts';
import { facts, heading, link, note, plainMark } from './parts.ts';
import { hrefOf } from './route.ts';
import { labelOf } from './labels.ts';

/** While the script goes on, ms. */
const LOOK_AGAIN_MS = 1000;

/** What was done on one instance, and what the script said. */
export function attemptView(runId: string, instanceId: string, page: Page): View {
  const path = `/api/v1/runs/${encodeURIComponent(runId)}`;
  const above = [link(hrefOf({ at: 'runs' }), 'Runs'), link(hrefOf({ at: 'run', id: runId }), runId)];
  const head = heading(instanceId, ...above);
  const about = h('div');
  const outputs = (['stdout', 'stderr'] as const).map((stream) => {
    const place = `${path}/outputs/${encodeURIComponent(instanceId)}/${stream}`;
    const pane = createOutput(place, stream, page);
    pane.element.hidden = true;
    return { stream, pane };
  });
  const gone = note('Its outputs are not here: they were pruned, or are on the machine of the worker.');
  gone.hidden = true;
  // of what went wrong one reads the errors first
  const orderPanes = ({ outcome, stderr }: AttemptAnswer): void => {
    const isErrorFirst = outcome !== null && outcome !== 'succeeded' && stderr.bytes > 0;
    const panes = outputs.map(({ pane }) => pane.element);
    if (isErrorFirst !== (element.lastElementChild === panes[0]))
      element.append(...(isErrorFirst ? panes.reverse() : panes));
  };
  const look = async (): Promise<number | null> => {
    const attempt = await ask<AttemptAnswer>(`${path}/attempts/${encodeURIComponent(instanceId)}`, page.signal);
    page.fine();
    setText(head.querySelector('h1') as Element, labelOf(attempt));
    about.replaceChildren(...aboutOf(attempt));
    gone.hidden = outputs.every(({ stream }) => attempt[stream].is_here);
    orderPanes(attempt);
    const shown = outputs.filter(({ stream }) => attempt[stream].is_here);
    await Promise.all(shown.map(({ stream, pane }) => pane.look(attempt[stream].bytes)));
    for (const { stream, pane } of outputs) pane.element.hidden = !attempt[stream].is_here;
    return attempt.outcome === null ? LOOK_AGAIN_MS : null;
  };
  const element = h('section', {}, head, about, gone, ...outputs.map(({ pane }) => pane.element));
  void repeat(look, page.signal, (error) => page.problem(error));
  const enter = (): void => element.querySelector<HTMLElement>('pre')?.focus();
  return { element, title: `${instanceId} in ${runId}`, enter };
}

function aboutOf(attempt: AttemptAnswer): HTMLElement[] {
  const look = lookOfAttempt(attempt);
  const { address, started_at, remote_dir, evidence, instance_id: id } = attempt;
  const verdict = h('p', { class: 'verdict' }, plainMark(look), h('b', {}, look.word), detailOf(attempt));
  const list = facts([
    ['Time', durationWords(attempt, Date.now())],
    ['Steps', attempt.steps.map(stepWords).join(', ')],
    ['Began', started_at === null ? null : timeElement(started_at, new Date(started_at).toLocaleString())],
    ['Address', address],
    ['Evidence', evidence.join('; ')],
    ['Files', remote_dir === null ? null : h('span', { class: 'mono' }, remote_dir)],
    ['Instance', link(hrefOf({ at: 'instance', id }), id)],
  ]);
  return [verdict, list];
}

/** `upload 300 ms (110 KB)`. */
function stepWords({ name, ms, bytes }: AttemptAnswer['steps'][number]): string {
  return `${name} ${formatDuration(ms)}${bytes === 0 ? '' : ` (${formatBytes(bytes)})`}`;
}
