import { hrefOf, parentOf, type Route } from './route.ts';
import type { View } from './page.ts';

export interface KeyTargets {
  readonly route: () => Route;
  readonly view: () => View | null;
  readonly openHelp: () => void;
}

const SECTIONS: Readonly<Record<string, Route>> = {
  '1': { at: 'fleet' },
  '2': { at: 'runs' },
  '3': { at: 'payloads' },
};

/** The keys of the page; what one types into a field is the field's. */
export function listenToKeys({ route, view, openHelp }: KeyTargets): void {
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]') !== null) return;
    if (key === 'Escape') return leave(target, route(), view());
    if (target instanceof HTMLInputElement) return enterFromFilter(event, view());
    const section = SECTIONS[key];
    if (section !== undefined) location.hash = hrefOf(section);
    else if (key === '?') openHelp();
    else if (key === '/') view()?.filter?.focus();
    else if (/^Arrow/.test(key) && isAtRest()) view()?.enter?.();
    else return;
    event.preventDefault();
  });
}

/** Down or Enter goes from the filter to what it has left. */
function enterFromFilter(event: KeyboardEvent, view: View | null): void {
  if (event.target !== view?.filter || !['ArrowDown', 'Enter'].includes(event.key)) return;
  event.preventDefault();
  view?.enter?.();
}

/** First the filter is cleared, then left; then one goes up. */
function leave(target: EventTarget | null, route: Route, view: View | null): void {
  const filter = view?.filter;
  if (filter !== undefined && filter.value !== '') {
    filter.value = '';
    filter.dispatchEvent(new Event('input'));
    return;
  }
  if (target === filter && filter !== undefined) return void view?.enter?.();
  const parent = parentOf(route);
  if (parent !== null) location.hash = hrefOf(parent);
}

/** The arrow keys scroll whatever has the focus; at rest they lead into the view. */
function isAtRest(): boolean {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body || activeElement.tagName === 'H1';
}
