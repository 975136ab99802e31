import { ExitCode } from '../model/exit-code.ts';
import type { Host } from '../model/plan.ts';
import { harmless } from '../report/text.ts';
import type { FetchResult } from '../run/fetch.ts';
import type { Refusal } from '../run/fetch/problem.ts';
import { formatBytes, plural } from '../util/format.ts';

/** What came of one instance. */
export interface FetchReport extends FetchResult {
  readonly instanceId: string;
  readonly name: string | null;
  /** as people see it; harmless */
  readonly label: string;
  readonly host: Host;
  /** absolute */
  readonly folder: string;
}

/** Refusals said one by one. */
const MAX_REFUSALS = 10;

/** 2 where something that was asked for did not come, 4 where an instance was not reached or must not be trusted. */
export function exitCodeOf(reports: readonly FetchReport[]): number {
  return reports.reduce<number>((bits, report) => bits | exitBitOf(report), ExitCode.ok);
}

function exitBitOf({ end, refusals }: FetchReport): number {
  switch (end.kind) {
    case 'fetched':
      return refusals.length === 0 ? ExitCode.ok : ExitCode.failed;
    case 'nothing':
    case 'timed-out':
    case 'cancelled':
      return ExitCode.failed;
    case 'unreachable':
    case 'rejected':
      return ExitCode.unreachable;
  }
}

/** What is said of an instance as soon as it has ended; each line begins with its label. */
export function linesOf(report: FetchReport, pattern: string): string[] {
  const { label, refusals } = report;
  const shown = refusals.slice(0, MAX_REFUSALS).map((refusal) => `  ${sentenceOf(refusal)}`);
  const more = refusals.length > MAX_REFUSALS ? [`  … and ${refusals.length - MAX_REFUSALS} more`] : [];
  return [endOf(report, pattern), ...shown, ...more].map((line) => `${label}  ${line}`);
}

function sentenceOf({ path, message }: Refusal): string {
  return harmless(path === '' ? message : `${path} ${message}`);
}

function endOf({ end, fetched, refusals }: FetchReport, pattern: string): string {
  const refused = refusals.length === 0 ? '' : `, refused ${refusals.length}`;
  if ('error' in end) {
    const before = fetched.length === 0 ? '' : ` (after ${plural(fetched.length, 'file')})`;
    return `${end.kind.replace('-', ' ')}: ${harmless(end.error.message)}${before}`;
  }
  if (end.kind === 'nothing') return `nothing matches ${harmless(pattern)}${refused}`;
  const came = fetched.filter(({ same }) => !same);
  const here = fetched.length - came.length;
  const already = here === 0 ? '' : `, ${here} here already`;
  return `fetched ${plural(came.length, 'file')}, ${formatBytes(bytesOf(came))}${already}${refused}`;
}

/** `fetched 12 files, 3.1 MB, from 3 of 4 instances.` */
export function closingSentence(reports: readonly FetchReport[]): string {
  const came = reports.flatMap(({ fetched }) => fetched.filter(({ same }) => !same));
  const whole = reports.filter((report) => exitBitOf(report) === 0).length;
  const facts = `${plural(came.length, 'file')}, ${formatBytes(bytesOf(came))}`;
  return `${facts}; ${whole} of ${plural(reports.length, 'instance')} gave all that was asked for.`;
}

function bytesOf(fetched: FetchResult['fetched']): number {
  return fetched.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** What `--json` shows. */
export function documentOf(reports: readonly FetchReport[], runId: string, pattern: string): unknown {
  return {
    schema: 1,
    run_id: runId,
    pattern,
    exit_code: exitCodeOf(reports),
    instances: reports.map(({ instanceId, name, host, folder, end, fetched, refusals }) => ({
      instance_id: instanceId,
      name,
      address: host.address,
      outcome: end.kind,
      error: 'error' in end ? { code: end.error.code, message: harmless(end.error.message) } : null,
      folder: fetched.length === 0 ? null : folder,
      files: fetched.map(({ path, kind, sizeBytes, sha256, same }) => ({ path, kind, bytes: sizeBytes, sha256, same })),
      refused: refusals.map(({ path, code, message }) => ({ path, code, message: harmless(message) })),
    })),
  };
}
