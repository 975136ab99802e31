import { ExitCode } from '../model/exit-code.ts';
import { type Instance, labelOf } from '../model/instance.ts';
import type { Finding, Removal } from '../remote/doctor.ts';
import { formatTable } from '../report/table.ts';
import { harmless } from '../report/text.ts';
import type { Diagnosis } from '../run/diagnose.ts';
import { formatBytes, formatDuration, plural } from '../util/format.ts';

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
  /** why the instance could not be looked at, or null */
  readonly problem: string | null;
}

/** 2 where a leftover is still there, 4 where an instance could not be looked at. */
export function exitCodeOf(reports: readonly Report[]): number {
  const isLeft = reports.some(({ rows }) => rows.some(isLeftBehind));
  const isAway = reports.some(({ problem }) => problem !== null);
  return (isLeft ? ExitCode.failed : ExitCode.ok) | (isAway ? ExitCode.unreachable : ExitCode.ok);
}

function isLeftBehind({ verdict, removal }: Row): boolean {
  return verdict === 'leftover' && removal?.removed !== true;
}

export function textOf(reports: readonly Report[], columns: number | undefined): string {
  const rows = reports.flatMap(({ instance, rows: found, problem }) => [
    ...(problem === null ? [] : [[labelOf(instance), '', '', '', problem]]),
    ...found.map((row) => [
      labelOf(instance),
      `/tmp/${row.finding.name}`,
      formatDuration(row.finding.ageMs),
      formatBytes(row.finding.sizeBytes),
      sentenceOf(row),
    ]),
  ]);
  const table =
    rows.length === 0 ? '' : `${formatTable(['INSTANCE', 'FOLDER', 'AGE', 'SIZE', 'WHAT'], rows, { columns })}\n`;
  return `${table}${closingSentence(reports)}\n`;
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
export function documentOf(reports: readonly Report[]): unknown {
  return {
    schema: 1,
    instances: reports.map(({ instance, rows, problem }) => ({
      instance_id: instance.instanceId,
      name: instance.name,
      problem,
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
