import type { Check } from '../model/check.ts';
import { ExitCode } from '../model/exit-code.ts';
import { type Instance, labelOf } from '../model/instance.ts';
import type { Finding, Removal } from '../remote/doctor.ts';
import { formatTable } from '../report/table.ts';
import { harmless } from '../report/text.ts';
import type { Diagnosis } from '../run/diagnose.ts';
import { firstFew } from '../util/first-few.ts';
import { formatBytes, formatDuration, plural } from '../util/format.ts';
import { groupBy } from '../util/group-by.ts';

/** A folder on an instance, what it is, and what became of it with `--fix`. */
export interface Row extends Diagnosis {
  readonly finding: Finding;
  readonly runId: string | null;
  readonly removal: Removal | null;
}

/** What was found on one instance. */
export interface Report {
  readonly instance: Instance;
  readonly rows: readonly Row[];
  readonly checks: readonly Check[];
  /** of the handshake, ms; null where there was none */
  readonly roundTripMs: number | null;
  /** why the instance could not be looked at, or null */
  readonly problem: string | null;
}

/** Where one of these is wrong, no other command gets far: they end with this code, too. */
const CONFIGURED: readonly string[] = ['config', 'ssh config', 'private key', 'state'];

/**
 * 78 where the configuration, the key or the state cannot be used; else 2 where something else is to be mended or a leftover
 * is still there, and 4 where an instance could not be looked at.
 */
export function exitCodeOf(here: readonly Check[], reports: readonly Report[]): number {
  const wrongHere = here.filter(({ verdict }) => verdict === 'wrong');
  if (wrongHere.some(({ name }) => CONFIGURED.includes(name))) return ExitCode.config;
  const reached = reports.filter(({ problem }) => problem === null);
  const isWrong = reached.some(({ checks }) => checks.some(({ verdict }) => verdict === 'wrong'));
  const isLeft = reports.some(({ rows }) => rows.some(isLeftBehind));
  const isAway = reached.length < reports.length;
  const toMend = wrongHere.length > 0 || isWrong || isLeft;
  return (toMend ? ExitCode.failed : ExitCode.ok) | (isAway ? ExitCode.unreachable : ExitCode.ok);
}

function isLeftBehind({ verdict, removal }: Row): boolean {
  return verdict === 'leftover' && removal?.removed !== true;
}

/** The folders that were found on instances, and a sentence for all of it. */
export function textOf(reports: readonly Report[], columns: number | undefined): string {
  const rows = reports.flatMap(rowsOf);
  const table =
    rows.length === 0 ? '' : `${formatTable(['INSTANCE', 'FOLDER', 'AGE', 'SIZE', 'WHAT'], rows, { columns })}\n`;
  return `${table}${closingSentence(reports)}\n`;
}

/** Folders of one kind on an instance that are named; `--json` names all. */
const NAMED_OF_A_KIND = 3;

function rowsOf({ instance, rows }: Report): string[][] {
  return [...groupBy(rows, sentenceOf)].flatMap(([sentence, alike]) => {
    const named = firstFew(alike, NAMED_OF_A_KIND);
    const others = alike.slice(named.length);
    const lines = named.map((row) => [`/tmp/${row.finding.name}`, ...ageAndSize([row])]);
    if (others.length > 0) lines.push([`… and ${others.length} more`, ...ageAndSize(others)]);
    return lines.map((line) => [labelOf(instance), ...line, sentence]);
  });
}

/** The age of the oldest, and the size of all. */
function ageAndSize(rows: readonly Row[]): [age: string, size: string] {
  const oldestMs = Math.max(...rows.map(({ finding }) => finding.ageMs));
  const bytes = rows.reduce((sum, { finding }) => sum + finding.sizeBytes, 0);
  return [formatDuration(oldestMs), formatBytes(bytes)];
}

function sentenceOf({ words, finding, removal }: Row): string {
  const names = finding.orphans.map(({ pid, command }) => `pid ${pid} (${harmless(command)})`);
  const what = names.length === 0 ? words : `${words}; on its own: ${names.join(', ')}`;
  if (removal === null) return what;
  if (!removal.removed) return `${what}; still there: ${removal.why}`;
  return `${what}; removed${removal.killed === 0 ? '' : `, killed ${plural(removal.killed, 'process', 'processes')}`}`;
}

function closingSentence(reports: readonly Report[]): string {
  const rows = reports.flatMap((report) => report.rows);
  const left = rows.filter(isLeftBehind).length;
  const removed = rows.filter(({ removal }) => removal?.removed === true).length;
  const away = reports.filter(({ problem }) => problem !== null).length;
  const facts = [
    plural(reports.length, 'instance'),
    ...(removed > 0 ? [`${plural(removed, 'leftover')} removed`] : []),
    left > 0 ? `${plural(left, 'leftover')} of dead runs; remove with: spot doctor --fix` : 'nothing left behind',
    ...(away > 0 ? [`${away} could not be looked at`] : []),
  ];
  return `${facts.join('; ')}.`;
}

/** What `--json` shows. */
export function documentOf(here: readonly Check[], reports: readonly Report[]): unknown {
  return {
    schema: 1,
    checks: here.map(checkDocument),
    instances: reports.map(({ instance, rows, checks, roundTripMs, problem }) => ({
      instance_id: instance.instanceId,
      name: instance.name,
      problem,
      round_trip_ms: roundTripMs,
      checks: checks.map(checkDocument),
      findings: rows.map(({ finding, verdict, words, runId, removal }) => ({
        folder: `/tmp/${finding.name}`,
        state: finding.state,
        verdict,
        words,
        run_id: runId,
        age_seconds: finding.ageMs / 1000,
        size_bytes: finding.sizeBytes,
        processes: finding.orphans.map(({ pid, command }) => ({ pid, command: harmless(command) })),
        removed: removal?.removed ?? false,
        killed: removal?.killed ?? 0,
      })),
    })),
  };
}

function checkDocument({ name, verdict, found, advice }: Check): unknown {
  return { name, verdict, found: harmless(found), advice: advice === null ? null : harmless(advice) };
}
