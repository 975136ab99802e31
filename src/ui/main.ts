import { forgetAnswers, Refusal } from './ask.ts';
import { attemptView } from './attempt.ts';
import { h, setAttribute, setText } from './dom.ts';
import { fleetView } from './fleet.ts';
import { helpDialog } from './help.ts';
import { instanceView } from './instance.ts';
import { listenToKeys } from './keys.ts';
import type { Page, View } from './page.ts';
import { payloadsView, versionView } from './payloads.ts';
import { hrefOf, type Route, routeOf, sectionOf } from './route.ts';
import { runView } from './run.ts';
import { runsView } from './runs.ts';
import { readSession, secretInAddress, type Session, signIn, signInForm, signOut } from './session.ts';

const SECTIONS = [
  ['fleet', 'Fleet'],
  ['runs', 'Runs'],
  ['payloads', 'Payloads'],
] as const;

void start();

async function start(): Promise<void> {
  const secret = secretInAddress();
  let problem: string | null = null;
  try {
    if (secret !== null) await signIn(secret).catch((error: unknown) => (problem = (error as Error).message));
    const session = await readSession();
    if (session.who === null) askIn(session, problem);
    else show(session);
  } catch (error) {
    document.body.replaceChildren(
      h('main', { class: 'sign-in' }, h('h1', {}, 'spot'), h('p', {}, (error as Error).message)),
    );
  }
}

function askIn(session: Session, problem: string | null): void {
  const form = signInForm(session, problem, () => location.reload());
  document.title = 'Sign in · spot';
  document.body.replaceChildren(form);
  form.querySelector<HTMLElement>('input, h1')?.focus();
}

function show(session: Session): void {
  const main = h('main', { id: 'main' });
  const live = h('div', { class: 'unseen', 'aria-live': 'polite' });
  const status = h('span', { class: 'status', role: 'status' });
  const help = helpDialog();
  const links = SECTIONS.map(([at, name]) => h('a', { href: hrefOf({ at }), 'data-at': at }, name));
  document.body.replaceChildren(
    h('a', { class: 'skip', href: '#main', onclick: skipTo(main) }, 'To the content'),
    topBar(session, links, status, help),
    ...[main, live, help],
  );
  let view: View | null = null;
  let leaving = new AbortController();
  const go = (): void => {
    leaving.abort();
    leaving = new AbortController();
    const route = routeOf(location.hash);
    view = viewOf(route, pageOf(leaving.signal, status, live));
    document.title = `${view.title} · spot`;
    for (const link of links)
      setAttribute(link, 'aria-current', link.dataset['at'] === sectionOf(route) ? 'page' : null);
    main.replaceChildren(view.element);
    main.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
    scrollTo(0, 0);
  };
  addEventListener('hashchange', go);
  listenToKeys({ route: () => routeOf(location.hash), view: () => view, openHelp: () => help.showModal() });
  go();
}

function skipTo(main: HTMLElement): EventListener {
  return (event) => {
    event.preventDefault();
    main.querySelector<HTMLElement>('h1')?.focus();
  };
}

function topBar(
  session: Session,
  links: readonly HTMLElement[],
  status: HTMLElement,
  help: HTMLDialogElement,
): HTMLElement {
  const helpButton = h('button', { type: 'button', class: 'quiet', 'aria-keyshortcuts': '?' }, 'Keys');
  helpButton.addEventListener('click', () => help.showModal());
  const leave = h('button', { type: 'button', class: 'quiet' }, 'Sign out');
  leave.addEventListener('click', () => void signOut().then(() => (forgetAnswers(), location.reload())));
  return h(
    'header',
    { class: 'top' },
    h('a', { class: 'brand', href: hrefOf({ at: 'fleet' }) }, 'spot'),
    h('nav', { 'aria-label': 'Sections' }, ...links),
    h('span', { class: 'place' }, session.place ?? ''),
    ...[status, helpButton, leave],
  );
}

function viewOf(route: Route, page: Page): View {
  switch (route.at) {
    case 'fleet':
      return fleetView(page);
    case 'instance':
      return instanceView(route.id, page);
    case 'runs':
      return runsView(page);
    case 'run':
      return runView(route.id, page);
    case 'attempt':
      return attemptView(route.id, route.instance, page);
    case 'payloads':
      return payloadsView(page);
    case 'version':
      return versionView(route.name, route.version, page);
  }
}

function pageOf(signal: AbortSignal, status: HTMLElement, live: HTMLElement): Page {
  const say = (words: string, kind: string): void => {
    setText(status, words);
    status.dataset['kind'] = kind;
  };
  return {
    signal,
    fine: () => say('', 'fine'),
    problem: (error) => {
      if (signal.aborted) return;
      if (error instanceof Refusal && error.status === 401) return location.reload();
      say(error instanceof Refusal ? error.message : 'Nobody answers; trying again', 'problem');
    },
    announce: (text) => setText(live, text),
  };
}
