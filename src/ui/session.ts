import { refusalOf } from './ask.ts';
import { h } from './dom.ts';

/** Who looks at the page. */
export interface Session {
  /** null: nobody has signed in */
  readonly who: string | null;
  /** whose state it is */
  readonly place: string | null;
  readonly sign_in: 'token' | 'address';
}

const PATH = '/ui/session';

export async function readSession(): Promise<Session> {
  const response = await fetch(PATH, { cache: 'no-store' });
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as Session;
}

/** @throws Refusal where the secret opens nothing */
export async function signIn(secret: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(PATH, { method: 'POST', headers, body: JSON.stringify({ secret }) });
  if (!response.ok) throw await refusalOf(response);
}

export async function signOut(): Promise<void> {
  await fetch(PATH, { method: 'DELETE' });
}

/** What the address holds of an address that opens the page once; it is taken out of it, and out of the history. */
export function secretInAddress(): string | null {
  const secret = /^#([\w-]{20,})$/.exec(location.hash)?.[1] ?? null;
  if (secret !== null) history.replaceState(null, '', `${location.pathname}#/`);
  return secret;
}

/** Asks for a token, or says how one gets in where there is none to be asked for. */
export function signInForm({ sign_in }: Session, problem: string | null, onDone: () => void): HTMLElement {
  const error = h('p', { class: 'error', role: 'alert' }, problem ?? '');
  const title = h('h1', { tabindex: -1 }, 'spot');
  if (sign_in === 'address') {
    const how = 'This page opens with the address that spot ui prints, once. Start spot ui again for a new one.';
    return h('main', { class: 'sign-in' }, title, error, h('p', {}, how));
  }
  const input = h('input', { type: 'password', id: 'token', autocomplete: 'off', required: true, spellcheck: 'false' });
  const button = h('button', { type: 'submit' }, 'Sign in');
  const form = h('form', {}, h('label', { for: 'token' }, 'Token'), input, button, error);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    button.disabled = true;
    signIn(input.value.trim())
      .then(onDone, (reason: unknown) => (error.textContent = (reason as Error).message))
      .finally(() => (button.disabled = false));
  });
  const how = h(
    'p',
    { class: 'muted' },
    'Make one with ',
    h('code', {}, 'spot token create NAME'),
    '. It is not kept in the browser.',
  );
  return h('main', { class: 'sign-in' }, title, form, how);
}
