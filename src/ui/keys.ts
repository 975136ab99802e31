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
export function listenToKeys(targets: KeyTargets): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]') !== null) return;
    if (event.key === 'Escape') leave(event.target, targets.route(), targets.view());
    else if (event.target instanceof HTMLInputElement) enterFromFilter(event, targets.view());
    else if (isTaken(event.key, targets)) event.preventDefault();
  });
}

/** Does what a key is for. @returns false where it is for nothing */
function isTaken(key: string, { view, openHelp }: KeyTargets): boolean {
  const section = SECTIONS[key];
  if (section !== undefined) location.hash = hrefOf(section);
  else if (key === '?') openHelp();
  else if (key === '/') view()?.filter?.focus();
  else if (key.startsWith('Arrow') && isAtRest()) view()?.enter?.();
  else return false;
  return true;
}

/** Down or Enter goes from the filter to what it has left. */
function enterFromFilter(event: KeyboardEvent, view: View | null): void {
  if (event.target !== view?.filter || !['ArrowDown', 'Enter'].includes(event.key)) return;
  event.preventDefault();
  view.enter?.();
}

/** First the filter is cleared, then left; then one goes up. */
function leave(target: EventTarget | null, route: Route, view: View | null): void {
  const filter = view?.filter;
  if (filter !== undefined && filter.value !== '') {
    filter.value = '';
    filter.dispatchEvent(new Event('input'));
    return;
  }
  if (filter !== undefined && target === filter) {
    view?.enter?.();
    return;
  }
  const parent = parentOf(route);
  if (parent !== null) location.hash = hrefOf(parent);
}

/** The arrow keys scroll whatever has the focus; at rest they lead into the view. */
function isAtRest(): boolean {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body || activeElement.tagName === 'H1';
}
