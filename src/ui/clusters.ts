import type { ClustersAnswer, RunAnswer } from '../service/http/view-schemas.ts';
import { plural } from '../util/format.ts';
import { ask } from './ask.ts';
import { h } from './dom.ts';
import type { LiveAttempts } from './live.ts';
import { lookOfOutcome } from './looks.ts';
import type { Page } from './page.ts';
import { link, plainMark } from './parts.ts';
import { plainText } from './plain-text.ts';
import { hrefOf } from './route.ts';
import { labelOf } from './labels.ts';

type Cluster = ClustersAnswer['clusters'][number];

/** As long as a run goes on, what has ended is put together again this often at most, ms. */
const AGAIN_MS = 3000;
/** Names that are shown of a cluster until one asks for all. */
const MOST_NAMES = 40;

export interface Clusters {
  readonly element: HTMLElement;
  update(run: RunAnswer, attempts: LiveAttempts): void;
}

/** What came to the same, once: the sample, and on whom. */
export function createClusters(runId: string, page: Page): Clusters {
  const list = h('div', { class: 'clusters' });
  const element = h('section', { hidden: true }, h('h2', {}, 'Results'), list);
  const opened = new Set<string>();
  let asked = '';
  let askedAt = -Infinity;
  let attempts: LiveAttempts = new Map();
  const load = async (): Promise<void> => {
    const { clusters } = await ask<ClustersAnswer>(`/api/v1/runs/${encodeURIComponent(runId)}/clusters`, page.signal);
    element.hidden = clusters.length === 0;
    list.replaceChildren(...clusters.map((cluster) => clusterElement(cluster, { runId, attempts, opened })));
  };
  return {
    element,
    update: (run: RunAnswer, known: LiveAttempts) => {
      attempts = known;
      const ended = [...known.values()].filter(({ outcome }) => outcome !== null).length;
      const what = `${ended} ${run.finished_at ?? ''}`;
      const isDue = run.finished_at !== null || performance.now() - askedAt > AGAIN_MS;
      if (ended === 0 || what === asked || !isDue) return;
      asked = what;
      askedAt = performance.now();
      void load().catch((error: unknown) => page.problem(error));
    },
  };
}

interface Shown {
  readonly runId: string;
  readonly attempts: LiveAttempts;
  /** what is unfolded, over all that is drawn anew */
  readonly opened: Set<string>;
}

function clusterElement(cluster: Cluster, { runId, attempts, opened }: Shown): HTMLElement {
  const { outcome, headline, instances, is_exact, sample } = cluster;
  const look = lookOfOutcome(outcome);
  const key = `${outcome} ${sample.instance_id}`;
  const hasOutput = sample.stdout_tail + sample.stderr_tail !== '';
  const said = instances.length === 1 || !hasOutput ? '' : is_exact ? 'the same output' : 'much the same output';
  const summary = h(
    'summary',
    {},
    plainMark(look),
    h('span', { class: 'verdict' }, h('b', {}, String(instances.length)), ` ${look.word}`),
    h('span', { class: 'headline' }, plainText(headline)),
    h('span', { class: 'muted' }, said),
  );
  const details = h('details', { open: opened.has(key) }, summary);
  const fill = (): void => {
    if (details.children.length === 1) details.append(...contentOf(cluster, runId, attempts));
  };
  if (opened.has(key)) fill();
  details.addEventListener('toggle', () => {
    if (details.open) fill();
    if (details.open) opened.add(key);
    else opened.delete(key);
  });
  return details;
}

function contentOf({ sample, instances }: Cluster, runId: string, attempts: LiveAttempts): HTMLElement[] {
  const nameOf = (id: string): string => labelOf(attempts.get(id) ?? { name: null, instance_id: id });
  const outputs = (['stderr', 'stdout'] as const)
    .map((stream) => ({ stream, text: plainText(sample[`${stream}_tail`]).trimEnd() }))
    .filter(({ text }) => text !== '');
  const shown = outputs.map(({ stream, text }) =>
    h('figure', {}, h('figcaption', {}, `${stream} of ${nameOf(sample.instance_id)}`), h('pre', { tabindex: 0 }, text)),
  );
  const links = instances.map((id) => link(hrefOf({ at: 'attempt', id: runId, instance: id }), nameOf(id)));
  return [...shown, namesOf(links)];
}

function namesOf(links: readonly HTMLElement[]): HTMLElement {
  const names = h('p', { class: 'names' }, ...links.slice(0, MOST_NAMES));
  const rest = links.slice(MOST_NAMES);
  if (rest.length === 0) return names;
  const more = h('button', { type: 'button', class: 'quiet' }, `and ${plural(rest.length, 'other')}`);
  more.addEventListener('click', () => {
    more.replaceWith(...rest);
    rest[0]?.focus();
  });
  names.append(more);
  return names;
}
