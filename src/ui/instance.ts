import type { AttemptAnswer, AttemptsAnswer, MemberAnswer } from '../service/http/view-schemas.ts';
import { formatAge } from '../util/format.ts';
import { ask, Refusal, repeat } from './ask.ts';
import { h, setText, timeElement } from './dom.ts';
import { detailOf, durationWords, lookOfAttempt } from './looks.ts';
import type { Page, View } from './page.ts';
import { facts, heading, link, note, outcome } from './parts.ts';
import { hrefOf } from './route.ts';
import { type Column, createTable, row } from './table.ts';

const LOOK_AGAIN_MS = 3000;
const SHOWN = 25;

const COLUMNS: readonly Column[] = [
  { name: 'When' },
  { name: 'Outcome' },
  { name: 'Time', isNumber: true },
  { name: 'Run', isMinor: true, isWide: true },
];

/** One instance, and what was done on it. */
export function instanceView(id: string, page: Page): View {
  const head = heading(id, link(hrefOf({ at: 'fleet' }), 'Fleet'));
  const about = h('div');
  const { element: table, body } = createTable('What was done on it, newest first', COLUMNS);
  const nothing = note('Nothing was done on it yet.');
  let shown: AttemptsAnswer | null = null;
  const path = `/api/v1/instances/${encodeURIComponent(id)}`;
  const look = async (): Promise<number> => {
    const attempts = await ask<AttemptsAnswer>(`${path}/attempts?limit=${SHOWN}`, page.signal);
    const instance = await ask<MemberAnswer>(`/api/v1/fleet/${encodeURIComponent(id)}`, page.signal).catch(
      refusalAsNull,
    );
    page.fine();
    setText(head.querySelector('h1') as Element, instance?.name ?? attempts.attempts[0]?.name ?? id);
    about.replaceChildren(instance === null ? note('It is not in the fleet any more.') : factsOf(instance));
    nothing.hidden = attempts.attempts.length > 0;
    table.hidden = !nothing.hidden;
    if (attempts !== shown) body.replaceChildren(...attempts.attempts.map(rowOf));
    shown = attempts;
    return LOOK_AGAIN_MS;
  };
  nothing.hidden = table.hidden = true;
  void repeat(look, page.signal, (error) => page.problem(error));
  const element = h('section', {}, head, about, h('h2', {}, 'What was done on it'), nothing, table);
  return { element, title: id, enter: () => body.querySelector<HTMLElement>('a')?.focus() };
}

function refusalAsNull(error: unknown): null {
  if (error instanceof Refusal && error.status === 404) return null;
  throw error;
}

function factsOf(instance: MemberAnswer): HTMLElement {
  const price = instance.hourly_price === null ? '' : `, $${instance.hourly_price} an hour`;
  const tags = Object.entries(instance.tags).map(([name, value]) => `${name}=${value}`);
  return facts([
    ['State', [instance.state, instance.state_reason ?? ''].filter((part) => part !== '').join(': ')],
    ['Address', instance.public_ip ?? instance.private_ip],
    ['Place', instance.availability_zone ?? instance.region],
    ['Type', instance.instance_type],
    ['Paid as', instance.lifecycle === null ? null : `${instance.lifecycle}${price}`],
    ['Source', instance.source],
    ['Tags', tags.join(', ')],
    ['Id', h('span', { class: 'mono' }, instance.instance_id)],
  ]);
}

function rowOf(attempt: AttemptAnswer): HTMLElement {
  const href = hrefOf({ at: 'attempt', id: attempt.run_id, instance: attempt.instance_id });
  const at = attempt.started_at ?? attempt.finished_at;
  return row(COLUMNS, [
    link(href, at === null ? 'not begun' : timeElement(at, formatAge(Date.now() - Date.parse(at)))),
    outcome(lookOfAttempt(attempt), detailOf(attempt)),
    durationWords(attempt, Date.now()),
    h('span', { class: 'mono muted' }, attempt.run_id),
  ]);
}
