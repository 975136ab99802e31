/** The keys of the page, as its help and its documentation name them. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['1 2 3', 'fleet, runs, payloads'],
  ['/', 'filter'],
  ['← ↑ ↓ →', 'move in the grid'],
  ['Home End', 'first and last of the grid'],
  ['Enter', 'open'],
  ['Esc', 'clear the filter; back'],
  ['?', 'this help'],
];
