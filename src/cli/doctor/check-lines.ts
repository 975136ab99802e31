import type { Check, Verdict } from '../../model/check.ts';
import { labelOf } from '../../model/instance.ts';
import type { Painter } from '../../report/painter.ts';
import { harmless, padToWidth, wrapToWidth } from '../../report/text.ts';
import { formatDuration, plural } from '../../util/format.ts';
import type { Report } from '../doctor-view.ts';

const LOOKS: Record<Verdict, readonly [symbol: string, paint: keyof Painter]> = {
  well: ['✓', 'good'],
  doubtful: ['!', 'warn'],
  wrong: ['✗', 'bad'],
};

/** Of the longest name: `private key`. */
const NAME_WIDTH = 12;
const INDENT = 2 + NAME_WIDTH + 1;
/** However narrow the terminal. */
const LEAST_WIDTH = 24;
const MOST_NAMED = 8;

/** A line for each check: `✗ private key  it has mode 0644  → chmod 600 …`, wrapped in a terminal. */
export function checkLines(checks: readonly Check[], painter: Painter, columns: number | undefined): string {
  return checks.map((check) => checkLine(check, painter, columns)).join('');
}

function checkLine({ name, verdict, found, advice }: Check, painter: Painter, columns: number | undefined): string {
  const [symbol, paint] = LOOKS[verdict];
  const words = harmless(advice === null ? found : `${found}  → ${advice}`);
  const lines = columns ? wrapToWidth(words, Math.max(LEAST_WIDTH, columns - INDENT)) : [words];
  const text = lines.join(`\n${' '.repeat(INDENT)}`);
  return `${painter[paint](symbol)} ${padToWidth(name, NAME_WIDTH)} ${text}\n`;
}

/**
 * What is to be said of the instances: of one alone all, of more what is wrong, each problem once with the names of those
 * that have it, and the others summed up.
 */
export function fleetChecks(reports: readonly Report[]): readonly Check[] {
  const [only, ...others] = reports;
  if (only === undefined) return [];
  if (others.length === 0) return only.checks.map((check) => named(check, labelOf(only.instance)));
  const good = reports.filter(({ checks }) => checks.every(({ verdict }) => verdict === 'well'));
  return [...(good.length > 0 ? [summary(good)] : []), ...problemsOf(reports)];
}

function named(check: Check, name: string): Check {
  return check.name === 'reach' ? { ...check, found: withName(name, check.found) } : check;
}

function summary(good: readonly Report[]): Check {
  const trips = good.map(({ roundTripMs }) => roundTripMs ?? 0).sort((a, b) => a - b);
  const middle = formatDuration(trips[Math.floor(trips.length / 2)] as number);
  const most = formatDuration(trips.at(-1) as number);
  const found = `${plural(good.length, 'instance')}: all well (round trip ${middle} in the middle, ${most} at most)`;
  return { name: 'instances', verdict: 'well', found, advice: null, kind: null };
}

/** An instance that is called by its address may stand in the sentence already. */
function withName(name: string, found: string): string {
  return found.startsWith(name) ? found : `${name}: ${found}`;
}

interface Group {
  readonly check: Check;
  readonly names: string[];
  isEqual: boolean;
}

/** Equal ones are those of one name and kind; where the words differ, those of the first stand for all. */
function problemsOf(reports: readonly Report[]): Check[] {
  const groups = new Map<string, Group>();
  for (const { instance, checks } of reports) {
    for (const check of checks.filter(({ verdict }) => verdict !== 'well')) {
      const key = JSON.stringify([check.name, check.verdict, check.kind ?? check.found]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { check, names: [labelOf(instance)], isEqual: true });
      else {
        group.names.push(labelOf(instance));
        group.isEqual &&= group.check.found === check.found;
      }
    }
  }
  const all = [...groups.values()].map(({ check, names, isEqual }) => ({
    ...check,
    found: sayFor(names, check, isEqual),
  }));
  return [...all.filter(({ verdict }) => verdict === 'doubtful'), ...all.filter(({ verdict }) => verdict === 'wrong')];
}

function sayFor(names: readonly string[], { found }: Check, isEqual: boolean): string {
  if (names.length === 1) return withName(names[0] as string, found);
  const shown = names.slice(0, MOST_NAMED).join(', ');
  const more = names.length > MOST_NAMED ? `, … ${names.length - MOST_NAMED} more` : '';
  const others = isEqual ? '' : ` (${names[0]}; the others alike)`;
  return `${plural(names.length, 'instance')}: ${found}${others}: ${shown}${more}`;
}
