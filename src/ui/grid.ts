import { createKeyed, h, setAttribute, setText } from './dom.ts';
import type { Look } from './looks.ts';

/** One instance in the grid. */
export interface Cell {
  readonly id: string;
  /** what it is called */
  readonly label: string;
  readonly look: Look;
  /** `stopped`, where the instance is not up; marked by its frame */
  readonly state: string | null;
  /** what one is told of it besides: one line */
  readonly detail: string;
  readonly href: string;
  readonly isShown: boolean;
}

export interface Grid {
  readonly element: HTMLElement;
  update(cells: readonly Cell[]): void;
  /** puts the focus where it was last */
  focus(): void;
}

/** As many have room for their names. */
const MOST_NAMED = 60;

/**
 * Instances, a cell each: a link, of which one can be reached with Tab and the others with the arrow keys. What a cell
 * means is told beside it while it has the focus or the pointer.
 */
export function createGrid(label: string): Grid {
  const list = h('ul', { class: 'grid', 'aria-label': `${label}; arrow keys move, Enter opens` });
  const tip = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  const element = h('div', { class: 'grid-frame' }, list, tip);
  const cells = new Map<string, Cell>();
  const update = createKeyed<Cell, HTMLLIElement>(list, { keyOf: ({ id }) => id, make: makeCell, update: updateCell });
  let currentId: string | null = null;

  const linkOf = (id: string | null): HTMLAnchorElement | null =>
    id === null ? null : list.querySelector<HTMLAnchorElement>(`li[data-id="${CSS.escape(id)}"]:not([hidden]) > a`);
  const setCurrent = (link: HTMLAnchorElement | null): void => {
    for (const other of list.querySelectorAll<HTMLElement>('a[tabindex="0"]')) if (other !== link) other.tabIndex = -1;
    if (link !== null) link.tabIndex = 0;
    currentId = link?.parentElement?.dataset['id'] ?? currentId;
  };
  list.addEventListener('focusin', ({ target }) => {
    setCurrent(target as HTMLAnchorElement);
    showTip(tip, target as HTMLElement, cells);
  });
  list.addEventListener('focusout', () => (tip.hidden = true));
  list.addEventListener('pointerover', ({ target }) => showTip(tip, target as HTMLElement, cells));
  list.addEventListener('pointerleave', () => (tip.hidden = true));
  list.addEventListener('keydown', (event) => move(event, list));

  return {
    element,
    update: (next) => {
      cells.clear();
      for (const cell of next) cells.set(cell.id, cell);
      setAttribute(list, 'data-size', next.length <= MOST_NAMED ? 'named' : 'small');
      update(next);
      setCurrent(linkOf(currentId) ?? list.querySelector<HTMLAnchorElement>('li:not([hidden]) > a'));
    },
    focus: () => list.querySelector<HTMLElement>('a[tabindex="0"]')?.focus(),
  };
}

function makeCell({ id }: Cell): HTMLLIElement {
  const symbol = h('span', { class: 'symbol', 'aria-hidden': 'true' });
  const name = h('span', { class: 'name', 'aria-hidden': 'true' });
  return h('li', { 'data-id': id }, h('a', { tabindex: -1 }, symbol, name));
}

function updateCell(item: HTMLLIElement, { label, look, state, detail, href, isShown }: Cell): void {
  item.hidden = !isShown;
  const link = item.firstElementChild as HTMLAnchorElement;
  setAttribute(link, 'href', href);
  setAttribute(link, 'data-look', look.key);
  setAttribute(link, 'data-state', state);
  setAttribute(
    link,
    'aria-label',
    [label, look.word, state, detail].filter((part) => part !== null && part !== '').join(', '),
  );
  setText(link.firstElementChild as Element, look.symbol);
  setText(link.lastElementChild as Element, label);
}

function showTip(tip: HTMLElement, target: HTMLElement, cells: ReadonlyMap<string, Cell>): void {
  const item = target.closest('li');
  const cell = cells.get(item?.dataset['id'] ?? '');
  if (item === null || cell === undefined) return;
  const { label, look, state, detail } = cell;
  const words = [look.word, ...(state === null ? [] : [state])].join(' · ');
  tip.replaceChildren(
    h('b', {}, label),
    h('span', {}, words),
    ...(detail === '' ? [] : [h('span', { class: 'muted' }, detail)]),
  );
  tip.hidden = false;
  const frame = tip.parentElement as HTMLElement;
  const left = Math.max(0, Math.min(item.offsetLeft, frame.clientWidth - tip.offsetWidth));
  const below = item.offsetTop + item.offsetHeight + 6;
  tip.style.left = `${left}px`;
  tip.style.top = `${below}px`;
}

/** Up and down go by the columns as they are laid out at this moment. */
function move(event: KeyboardEvent, list: HTMLElement): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...list.querySelectorAll<HTMLAnchorElement>('li:not([hidden]) > a')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const to = destination(event.key, at, links.length, () => columnsOf(links));
  if (at === -1 || to === null) return;
  event.preventDefault();
  links[Math.max(0, Math.min(links.length - 1, to))]?.focus();
}

function destination(key: string, at: number, count: number, columns: () => number): number | null {
  switch (key) {
    case 'ArrowRight':
      return at + 1;
    case 'ArrowLeft':
      return at - 1;
    case 'ArrowDown':
      return at + columns() < count ? at + columns() : at;
    case 'ArrowUp':
      return at - columns() >= 0 ? at - columns() : at;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

function columnsOf(links: readonly HTMLElement[]): number {
  const top = links[0]?.offsetTop;
  const next = links.findIndex((link) => link.offsetTop !== top);
  return next === -1 ? links.length : next;
}
