import type { RegistryAnswer, VersionAnswer } from '../service/http/view-schemas.ts';
import { formatAge, formatBytes, plural } from '../util/format.ts';
import { ask, repeat } from './ask.ts';
import { h, timeElement } from './dom.ts';
import type { Page, View } from './page.ts';
import { facts, heading, link, note } from './parts.ts';
import { hrefOf } from './route.ts';
import { type Column, createTable, row } from './table.ts';

type Version = RegistryAnswer['versions'][number];

const LOOK_AGAIN_MS = 5000;
/** Files of a version that are listed until one asks for all. */
const MOST_FILES = 200;

const COLUMNS: readonly Column[] = [
  { name: 'Version' },
  { name: 'State' },
  { name: 'Size', isNumber: true },
  { name: 'Made' },
  { name: 'SHA-256', isMinor: true, isWide: true },
];

/** The registered payloads, the newest version of each first. */
export function payloadsView(page: Page): View {
  const list = h('div', { class: 'payloads' });
  let shown: RegistryAnswer | null = null;
  const look = async (): Promise<number> => {
    const answer = await ask<RegistryAnswer>('/api/v1/registry', page.signal);
    page.fine();
    if (answer !== shown) list.replaceChildren(...listOf(answer));
    shown = answer;
    return LOOK_AGAIN_MS;
  };
  void repeat(look, page.signal, (error) => page.problem(error));
  const element = h('section', {}, heading('Payloads'), list);
  return { element, title: 'Payloads', enter: () => list.querySelector<HTMLElement>('a')?.focus() };
}

function listOf({ versions }: RegistryAnswer): HTMLElement[] {
  if (versions.length === 0)
    return [note('No payload is registered. Make one with: spot payload add NAME ./script.sh')];
  const { element, body } = createTable('Versions of payloads', COLUMNS);
  const names = [...new Set(versions.map(({ name }) => name))];
  const newestFirst = names.flatMap((name) => versions.filter((version) => version.name === name).reverse());
  body.replaceChildren(...newestFirst.map(rowOf));
  return [element];
}

function rowOf({ name, version, active, size_bytes, created_at, digest }: Version): HTMLElement {
  return row(COLUMNS, [
    link(hrefOf({ at: 'version', name, version: String(version) }), `${name}@${version}`),
    active ? h('span', { class: 'badge' }, 'active') : '',
    formatBytes(size_bytes),
    timeElement(created_at, formatAge(Date.now() - Date.parse(created_at))),
    h('span', { class: 'mono muted' }, `${digest.slice(0, 16)}…`),
  ]);
}

const FILE_COLUMNS: readonly Column[] = [
  { name: 'Mode', isNumber: true },
  { name: 'Size', isNumber: true },
  { name: 'File', isWide: true },
];

/** What one version consists of. */
export function versionView(name: string, version: string, page: Page): View {
  const element = h('section', {}, heading(`${name}@${version}`, link(hrefOf({ at: 'payloads' }), 'Payloads')));
  const load = async (): Promise<null> => {
    const path = `/api/v1/registry/${encodeURIComponent(name)}/${encodeURIComponent(version)}`;
    const answer = await ask<VersionAnswer>(path, page.signal);
    page.fine();
    element.append(manifestOf(answer), ...filesOf(answer));
    return null;
  };
  void repeat(load, page.signal, (error) => page.problem(error));
  return { element, title: `${name}@${version}` };
}

function manifestOf(version: VersionAnswer): HTMLElement {
  return facts([
    ['State', version.active ? h('span', { class: 'badge' }, 'active') : 'not the active one'],
    ['Script', `${version.entrypoint}, run by ${version.interpreter.join(' ')}`],
    ['Environment', version.environment.join(', ')],
    ['Size', formatBytes(version.size_bytes)],
    ['Made', timeElement(version.created_at, new Date(version.created_at).toLocaleString())],
    ['SHA-256', h('span', { class: 'mono' }, version.digest)],
  ]);
}

function filesOf({ files }: VersionAnswer): HTMLElement[] {
  if (files.length === 0) return [note('It has no files besides its script.')];
  const { element, body } = createTable('Files', FILE_COLUMNS);
  const rows = files.map(({ type, path, size_bytes, mode, target }) =>
    row(FILE_COLUMNS, [
      mode ?? '',
      size_bytes === null ? '' : formatBytes(size_bytes),
      h('span', { class: 'mono' }, type === 'directory' ? `${path}/` : target === null ? path : `${path} → ${target}`),
    ]),
  );
  body.replaceChildren(...rows.slice(0, MOST_FILES));
  const more = h('button', { type: 'button', class: 'quiet' }, `Show all ${plural(files.length, 'entry', 'entries')}`);
  more.hidden = rows.length <= MOST_FILES;
  more.addEventListener('click', () => {
    body.replaceChildren(...rows);
    more.hidden = true;
  });
  return [h('h2', {}, 'Files'), element, more];
}
