import { createPrompt, isDownKey, isEnterKey, isSpaceKey, isUpKey, makeTheme } from '@inquirer/core';
import { useKeypress, useMemo, usePrefix, useState } from '@inquirer/core';
import { cutToWidth } from '../../report/text.ts';
import type { Io } from '../io.ts';
import { given, put } from './put.ts';

/** One line of a list to pick from. */
export interface Choice {
  readonly id: string;
  /** harmless */
  readonly line: string;
  /** what it is called when it is picked, harmless */
  readonly label: string;
}

export interface PickQuestion {
  readonly question: string;
  /** above the lines */
  readonly header: string;
  readonly choices: readonly Choice[];
}

interface PickConfig extends PickQuestion {
  /** of the terminal, as it is now */
  readonly size: () => { readonly columns: number; readonly rows: number };
}

const HELP = 'type to search · Space picks · Ctrl-A all shown · Enter ends · Ctrl-C leaves';
/** Lines besides the choices: question (two where it wraps), header, help, error. */
const OTHER_LINES = 6;
const LONGEST_PAGE = 25;
/** Of those picked, so many are named at the end. */
const MAX_NAMED = 5;

/** Where a person is in the list. */
interface Picking {
  readonly shown: readonly Choice[];
  readonly filter: string;
  readonly picked: ReadonlySet<string>;
  /** index in `shown` */
  readonly active: number;
  readonly error: string;
  readonly isDone: boolean;
  /** so many lines are shown at once */
  readonly page: number;
}

const prompt = createPrompt<readonly string[], PickConfig>((config, done) => {
  const theme = makeTheme();
  const picking = usePicking(config, done);
  const prefix = usePrefix({ status: picking.isDone ? 'done' : 'idle', theme });
  const message = theme.style.message(config.question, 'idle');
  if (picking.isDone) return `${prefix} ${message} ${theme.style.answer(namesOf(config.choices, picking.picked))}`;
  const width = config.size().columns - 1;
  const { help, highlight, error } = theme.style;
  return [
    `${prefix} ${message} ${help(countsOf(config.choices, picking))} ${picking.filter}`,
    [
      help(cutToWidth(`    ${config.header}`, width)),
      ...linesOf(picking, width, highlight),
      help(cutToWidth(HELP, width)),
      ...(picking.error === '' ? [] : [error(picking.error)]),
    ].join('\n'),
  ];
});

function usePicking({ choices, size }: PickConfig, done: (ids: readonly string[]) => void): Picking {
  const page = Math.max(3, Math.min(LONGEST_PAGE, size().rows - OTHER_LINES));
  const [filter, setFilter] = useState('');
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState(0);
  const [error, setError] = useState('');
  const [isDone, setDone] = useState(false);
  const shown = useMemo(() => matching(choices, filter), [filter]);
  useKeypress((key, line) => {
    const typed = line.line;
    const moved = moveOf(key, page);
    const isAll = key.ctrl && key.name === 'a';
    setError('');
    if (isEnterKey(key) && picked.size > 0) {
      setDone(true);
      done(choices.filter(({ id }) => picked.has(id)).map(({ id }) => id));
      return;
    }
    if (isEnterKey(key)) setError('nothing is picked yet: Space picks the line at the arrow');
    else if (isSpaceKey(key)) setPicked(toggled(picked, shown.slice(active, active + 1)));
    else if (isAll) setPicked(toggled(picked, shown));
    else if (moved !== null) setActive(Math.max(0, Math.min(shown.length - 1, active + moved)));
    else if (typed !== filter) {
      setFilter(typed);
      setActive(0);
      return;
    }
    // what is typed is the filter; a key that means something else leaves it as it was
    line.clearLine(0);
    line.write(filter);
  });
  return { shown, filter, picked, active, error, isDone, page };
}

function linesOf(
  { shown, active, page, picked }: Picking,
  width: number,
  highlight: (line: string) => string,
): string[] {
  if (shown.length === 0) return ['    nothing matches; Backspace takes a letter away'];
  return pageOf(shown, active, page).map((choice) => {
    const isActive = choice === shown[active];
    const line = cutToWidth(`${isActive ? '❯' : ' '} ${picked.has(choice.id) ? '◉' : '◯'} ${choice.line}`, width);
    return isActive ? highlight(line) : line;
  });
}

/**
 * Lets a person pick one or more from a list, however long.
 * @returns their ids, in the order of the list
 * @throws SpotError `declined` (exit 130) where nobody picks
 */
export async function pickMany(io: Io, question: PickQuestion): Promise<readonly string[]> {
  const size = (): { columns: number; rows: number } => ({
    columns: io.stderr.columns || 80,
    rows: io.stderr.rows || 24,
  });
  return given(await put(io, (streams) => prompt({ ...question, size }, streams)));
}

function matching(choices: readonly Choice[], filter: string): readonly Choice[] {
  const wanted = filter.trim().toLowerCase();
  return wanted === '' ? choices : choices.filter(({ line }) => line.toLowerCase().includes(wanted));
}

/** All of them are picked, or, where they were already, none of them is. */
function toggled(picked: ReadonlySet<string>, choices: readonly Choice[]): ReadonlySet<string> {
  const all = choices.every(({ id }) => picked.has(id));
  const next = new Set(picked);
  for (const { id } of choices) {
    if (all) next.delete(id);
    else next.add(id);
  }
  return next;
}

/** By how many lines a key moves; null where it does something else. */
function moveOf(key: { readonly name: string; readonly ctrl: boolean }, page: number): number | null {
  if (isUpKey(key)) return -1;
  if (isDownKey(key)) return 1;
  if (key.name === 'pageup') return -page;
  return key.name === 'pagedown' ? page : null;
}

/** The lines around the active one. */
function pageOf(shown: readonly Choice[], active: number, page: number): readonly Choice[] {
  const first = Math.max(0, Math.min(active - Math.floor(page / 2), shown.length - page));
  return shown.slice(first, first + page);
}

function countsOf(choices: readonly Choice[], { shown, picked }: Picking): string {
  const searched = shown.length === choices.length ? '' : `, ${shown.length} shown`;
  return `(${picked.size} of ${choices.length} picked${searched}) search:`;
}

function namesOf(choices: readonly Choice[], picked: ReadonlySet<string>): string {
  const all = choices.filter(({ id }) => picked.has(id));
  const named = all.slice(0, MAX_NAMED).map(({ label }) => label);
  return named.join(', ') + (all.length > MAX_NAMED ? ` … and ${all.length - MAX_NAMED} more` : '');
}
