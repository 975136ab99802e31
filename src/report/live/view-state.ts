import type { LiveInstance } from './instance.ts';
import type { LiveModel } from './model.ts';

/** A key, as people name it; `text` is what a `character` types. */
export interface KeyPress {
  readonly name:
    'character' | 'enter' | 'escape' | 'backspace' | 'up' | 'down' | 'page-up' | 'page-down' | 'home' | 'end';
  readonly text: string;
}

/** What fills the view below its head. `top`: the first item of the list that is shown, from 0. */
export type Panel =
  | { readonly kind: 'overview' | 'help' }
  | { readonly kind: 'running' | 'failures'; readonly top: number }
  | { readonly kind: 'follow'; readonly instanceId: string };

export interface ViewState {
  readonly panel: Panel;
  /** what is typed after `l`, or null where nothing is asked */
  readonly input: string | null;
}

export interface Pressed {
  readonly state: ViewState;
  /** `leave`: asks what Ctrl-C asks */
  readonly wish: 'leave' | null;
}

export const OVERVIEW: ViewState = { panel: { kind: 'overview' }, input: null };

/** More than any name has. */
const MAX_INPUT_CHARS = 100;
/** About, in the list of failures. */
const ROWS_OF_A_GROUP = 4;

/**
 * What a key does:
 *
 *   any panel --s--> running, --f--> failures, --?--> help; once more, or Esc: overview
 *   any panel but follow --l--> the same, and a name is asked for
 *   asked --Enter, some instance fits--> follow      --Esc--> not asked
 *   follow --l, Esc--> overview
 *   any, not asked --q--> the same, with the wish to leave
 *
 * @param page items that a list shows at once
 */
export function press(state: ViewState, key: KeyPress, model: LiveModel, page: number): Pressed {
  if (state.input !== null) return { state: typed(state, state.input, key, model), wish: null };
  if (key.name === 'escape') return { state: OVERVIEW, wish: null };
  if (key.name !== 'character') return { state: scrolled(state, key, model, page), wish: null };
  if (key.text === 'q') return { state, wish: 'leave' };
  return { state: chosen(state, key.text), wish: null };
}

function chosen(state: ViewState, letter: string): ViewState {
  const toggle = (panel: Panel): ViewState => (state.panel.kind === panel.kind ? OVERVIEW : { panel, input: null });
  switch (letter) {
    case 's':
      return toggle({ kind: 'running', top: 0 });
    case 'f':
      return toggle({ kind: 'failures', top: 0 });
    case '?':
      return toggle({ kind: 'help' });
    case 'l':
      return state.panel.kind === 'follow' ? OVERVIEW : { ...state, input: '' };
    default:
      return state;
  }
}

function typed(state: ViewState, input: string, key: KeyPress, model: LiveModel): ViewState {
  switch (key.name) {
    case 'character':
      return { ...state, input: (input + key.text).slice(0, MAX_INPUT_CHARS) };
    case 'backspace':
      return { ...state, input: Array.from(input).slice(0, -1).join('') };
    case 'escape':
      return { ...state, input: null };
    case 'enter': {
      const [first] = matching(model, input);
      return first === undefined ? state : { panel: { kind: 'follow', instanceId: first.instanceId }, input: null };
    }
    default:
      return state;
  }
}

/** Those that a number or the beginning of a name or id means: the exact ones first. */
export function matching(model: LiveModel, input: string): LiveInstance[] {
  const word = input.trim();
  if (word === '') return [];
  const instances = [...model.instances.values()];
  const isExact = ({ number, label, instanceId }: LiveInstance): boolean => {
    return String(number) === word || label === word || instanceId === word;
  };
  const begins = ({ label, instanceId }: LiveInstance): boolean => {
    return label.startsWith(word) || instanceId.startsWith(word);
  };
  const exact = instances.filter(isExact);
  return [...exact, ...instances.filter((instance) => !exact.includes(instance) && begins(instance))];
}

function scrolled(state: ViewState, { name }: KeyPress, model: LiveModel, page: number): ViewState {
  const { panel } = state;
  if (panel.kind !== 'running' && panel.kind !== 'failures') return state;
  // groups of failures take several rows each: it is enough to see the last one
  const [last, leap] =
    panel.kind === 'running'
      ? [Math.max(0, model.running.size - page), page]
      : [Math.max(0, model.failureGroups - 1), Math.ceil(page / ROWS_OF_A_GROUP)];
  const now = Math.min(panel.top, last);
  const tops = { up: now - 1, down: now + 1, 'page-up': now - leap, 'page-down': now + leap, home: 0, end: last };
  const top = name in tops ? tops[name as keyof typeof tops] : now;
  return { ...state, panel: { ...panel, top: Math.max(0, Math.min(top, last)) } };
}
