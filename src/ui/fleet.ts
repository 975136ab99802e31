import type { FleetAnswer, MemberAnswer as Member } from '../service/http/view-schemas.ts';
import { formatAge, plural } from '../util/format.ts';
import { createLister, repeat } from './ask.ts';
import { h, setText } from './dom.ts';
import { matches } from './filter.ts';
import { createGrid } from './grid.ts';
import { countLooks, type Look, lookOfOutcome, lookOfStep, NOTHING_YET } from './looks.ts';
import { byLabel, labelOf } from './labels.ts';
import type { Page, View } from './page.ts';
import { createLegend, filterBox, heading, note } from './parts.ts';
import { hrefOf } from './route.ts';

/** Between two looks at the fleet, ms. */
const LOOK_AGAIN_MS = 2000;

/** The fleet as a grid: what was done last on each instance. */
export function fleetView(page: Page): View {
  const grid = createGrid('Instances');
  const summary = h('p', { class: 'lead', role: 'status' });
  const states = h('ul', { class: 'tallies lead' });
  const filter = filterBox('web, role=db, -succeeded');
  const nothing = note('');
  let members: readonly Member[] = [];
  const legend = createLegend(() => draw());
  const draw = (): void => {
    const cells = members.map((member) => cellOf(member, filter.value, legend.chosen));
    const shown = cells.filter(({ isShown }) => isShown).length;
    grid.update(cells);
    legend.update(countLooks(members.map(lookOf)));
    setText(summary, summaryOf(members, shown));
    states.replaceChildren(...stateCounts(members).map(stateItem));
    nothing.hidden = shown > 0;
    setText(nothing, members.length === 0 ? EMPTY : 'No instance is meant by the filter. Esc clears it.');
  };
  filter.addEventListener('input', draw);
  watchFleet(page, (found) => {
    members = found;
    draw();
  });
  const tools = h('div', { class: 'tools' }, filter, legend.element);
  const element = h(
    'section',
    {},
    heading('Fleet'),
    h('div', { class: 'summary' }, summary, states),
    tools,
    grid.element,
    nothing,
  );
  return { element, title: 'Fleet', filter, enter: () => grid.focus() };
}

/** @param onChange given all of it, by name, whenever there is something new */
function watchFleet(page: Page, onChange: (members: readonly Member[]) => void): void {
  const list = createLister('/api/v1/fleet', (answer) => (answer as FleetAnswer).instances);
  let known: readonly Member[] | null = null;
  const look = async (): Promise<number> => {
    const found = await list(page.signal);
    page.fine();
    if (found !== known) onChange([...found].sort(byLabel));
    known = found;
    return LOOK_AGAIN_MS;
  };
  void repeat(look, page.signal, (error) => page.problem(error));
}

const EMPTY = 'There is no instance in this state yet. Add one with: spot add HOST, or spot sync.';

function lookOf({ last }: Member): Look {
  if (last === null) return NOTHING_YET;
  return last.outcome === null ? { ...lookOfStep('execute'), word: 'under way' } : lookOfOutcome(last.outcome);
}

function cellOf(member: Member, filter: string, chosen: string | null) {
  const look = lookOf(member);
  const { last, instance_id: id, state } = member;
  const endedAt = last?.finished_at ?? null;
  const age = endedAt === null ? '' : formatAge(Date.now() - Date.parse(endedAt));
  const place = [
    member.public_ip ?? member.private_ip,
    member.availability_zone ?? member.region,
    member.instance_type,
  ];
  return {
    id,
    label: labelOf(member),
    look,
    state: state === 'running' ? null : state,
    detail: [age, ...place].filter((part) => part !== null && part !== '').join(' · '),
    href: hrefOf({ at: 'instance', id }),
    isShown: (chosen === null || chosen === look.key) && matches(filter, filteredOf(member, look)),
  };
}

function filteredOf(member: Member, look: Look) {
  const { name, instance_id: id, state, region, availability_zone: az, instance_type: type, tags } = member;
  const words = [name, id, member.public_ip, member.private_ip, state, region, az, type, look.word, look.key];
  const values = { region: region ?? '', az: az ?? '', type: type ?? '', state, outcome: look.key, ...tags };
  return { words: [...words, ...Object.values(tags)].map((word) => (word ?? '').toLowerCase()), values };
}

/** `500 instances; 12 shown`. */
function summaryOf(members: readonly Member[], shown: number): string {
  const all = plural(members.length, 'instance');
  return shown === members.length ? all : `${all}; ${shown} shown`;
}

function stateCounts(members: readonly Member[]): readonly (readonly [string, number])[] {
  const states = new Map<string, number>();
  for (const { state } of members) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states].sort((a, b) => b[1] - a[1]);
}

/** Those that are not up have a frame of their own in the grid. */
function stateItem([state, count]: readonly [string, number]): HTMLElement {
  const frame = state === 'running' ? null : h('span', { class: 'mark', 'data-state': state, 'aria-hidden': 'true' });
  return h('li', {}, frame, `${count} ${state}`);
}
