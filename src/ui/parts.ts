import type { OutcomeKind } from '../model/outcome.ts';
import type { RunAnswer } from '../service/http/view-schemas.ts';
import { h, setAttribute, type Child } from './dom.ts';
import { type Look, type LookKey, lookOfOutcome, lookOfStep, rankOf } from './looks.ts';

/** A look as a small mark with its symbol, for the front of a line. */
export function mark(look: Look): HTMLElement {
  return h('span', { class: 'mark', 'data-look': look.key, role: 'img', 'aria-label': look.word }, look.symbol || ' ');
}

/** The same beside the word itself. */
export function plainMark(look: Look): HTMLElement {
  return h('span', { class: 'mark', 'data-look': look.key, 'aria-hidden': 'true' }, look.symbol || ' ');
}

/** How an attempt ended, or what it is at. */
export function outcome(look: Look, detail: string): HTMLElement {
  const more = detail === '' ? null : h('span', { class: 'muted' }, detail);
  return h('span', { class: 'outcome' }, plainMark(look), h('span', {}, `${look.word} `, more));
}

export interface Counted {
  readonly look: Look;
  readonly count: number;
}

/** Counts by look, each a button that shows those alone. */
export function createLegend(onChosen: (key: LookKey | null) => void): {
  readonly element: HTMLElement;
  update(counts: readonly Counted[]): void;
  readonly chosen: LookKey | null;
} {
  const element = h('div', { class: 'legend', role: 'group', 'aria-label': 'Show only' });
  let chosen: LookKey | null = null;
  let shown = '';
  const choose = (key: LookKey | null): void => {
    chosen = key;
    for (const button of element.querySelectorAll('button')) {
      setAttribute(button, 'aria-pressed', String(button.dataset['look'] === key));
    }
    onChosen(key);
  };
  return {
    element,
    update: (counts) => {
      const next = JSON.stringify(counts.map(({ look, count }) => [look.key, count]));
      if (next === shown) return;
      shown = next;
      const focused = (document.activeElement as HTMLElement | null)?.dataset['look'];
      element.replaceChildren(...counts.map((counted) => legendButton(counted, chosen, choose)));
      if (focused !== undefined)
        element.querySelector<HTMLElement>(`button[data-look="${focused}"]:not(:focus)`)?.focus();
      if (chosen !== null && !counts.some(({ look }) => look.key === chosen)) choose(null);
    },
    get chosen() {
      return chosen;
    },
  };
}

function legendButton(
  { look, count }: Counted,
  chosen: LookKey | null,
  choose: (key: LookKey | null) => void,
): HTMLElement {
  const button = h(
    'button',
    { type: 'button', 'data-look': look.key, 'aria-pressed': String(chosen === look.key) },
    plainMark(look),
    h('b', {}, String(count)),
    ` ${look.word}`,
  );
  button.addEventListener('click', () => choose(button.getAttribute('aria-pressed') === 'true' ? null : look.key));
  return button;
}

/**
 * How far a run is, as one bar, by outcome.
 * @param label null where the same is said beside it
 */
export function bar(counts: readonly Counted[], label: string | null): HTMLElement {
  const parts = counts.map(({ look, count }) => {
    const part = h('span', { 'data-look': look.key });
    part.style.flexGrow = String(count);
    return part;
  });
  const role = label === null ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': label };
  return h('div', { class: 'bar', ...role }, ...parts);
}

/** Of a run in a list: its attempts by outcome, and those that are open. */
export function countsOfRun({ counts, open, state }: RunAnswer): Counted[] {
  const kinds = Object.entries(counts) as [OutcomeKind, number][];
  const ended = kinds.filter(([, count]) => count > 0).map(([kind, count]) => ({ look: lookOfOutcome(kind), count }));
  const going = { ...lookOfStep('execute'), word: state === 'left' ? 'left open' : 'under way' };
  const all = open === 0 ? ended : [...ended, { look: going, count: open }];
  return all.sort((a, b) => rankOf(a.look.key) - rankOf(b.look.key));
}

/** Counts with their marks; where there is little room the words are for those alone who cannot see them. */
export function tallies(counts: readonly Counted[]): HTMLElement {
  const items = counts.map(({ look, count }) =>
    h('li', {}, plainMark(look), `${count} `, h('span', { class: 'word' }, look.word)),
  );
  return h('ul', { class: 'tallies' }, ...items);
}

/** Names and values. */
export function facts(pairs: readonly (readonly [string, Child])[]): HTMLElement {
  const shown = pairs.filter(([, value]) => value !== null && value !== false && value !== '');
  return h(
    'dl',
    { class: 'facts' },
    ...shown.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}

export function link(href: string, text: Child): HTMLAnchorElement {
  return h('a', { href }, text);
}

/** The head of a view: where one is, as a path, and what it is called. */
export function heading(title: string, ...above: readonly HTMLAnchorElement[]): HTMLElement {
  const path = above.length === 0 ? null : h('nav', { class: 'path', 'aria-label': 'You are in' }, ...above);
  return h('header', { class: 'heading' }, path, h('h1', { tabindex: -1 }, title));
}

export function note(text: string): HTMLElement {
  return h('p', { class: 'note' }, text);
}

export function filterBox(placeholder: string): HTMLInputElement {
  return h('input', {
    type: 'search',
    class: 'filter',
    placeholder,
    'aria-label': 'Filter',
    'aria-keyshortcuts': '/',
    autocomplete: 'off',
    spellcheck: 'false',
  });
}
