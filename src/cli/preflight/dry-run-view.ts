import { formatHostPort } from '../../inventory/host-spec.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { labelOf, type Skip } from '../../model/instance.ts';
import type { Plan } from '../../model/plan.ts';
import { FINDING_LEVELS, type Finding, worstFirst } from '../../payload/checks/finding.ts';
import { formatTable } from '../../report/table.ts';
import { harmless, wrapToWidth } from '../../report/text.ts';
import { estimateUpload, type UploadEstimate } from '../../run/upload-estimate.ts';
import type { State } from '../../state/state.ts';
import { firstFew } from '../../util/first-few.ts';
import { groupBy } from '../../util/group-by.ts';
import { formatBytes, formatDuration, plural } from '../../util/format.ts';
import type { Io } from '../io.ts';
import { planDocument, planFacts } from '../plan-view.ts';
import { namesOf } from '../several.ts';
import { type CheckOptions, foldFindings } from './findings.ts';

export interface DryRun {
  /** who is in and who is not, in one line */
  readonly selection: string;
  readonly findings: readonly Finding[];
}

export interface DryRunSurroundings {
  readonly options: CheckOptions & { readonly json?: boolean };
  readonly state: Pick<State, 'runs'>;
  readonly io: Pick<Io, 'stdout'>;
}

/** Instances that a terminal is shown one by one. */
const SHOWN_INSTANCES = 10;

/** `--dry-run`: the plan and what is to be said about it, and nothing done. @returns 66 where a run would be refused */
export function showPlan(plan: Plan, dryRun: DryRun, { options, state, io }: DryRunSurroundings): number {
  const estimate = estimateUpload(plan, state.runs.uploads());
  const text = options.json
    ? `${JSON.stringify(dryRunDocument(plan, dryRun, estimate), null, 2)}\n`
    : dryRunText(plan, dryRun, estimate, io.stdout.columns);
  io.stdout.write(text);
  const isRefused = options.check !== false && dryRun.findings.some(({ level }) => level === 'error');
  return isRefused ? ExitCode.noInput : ExitCode.ok;
}

function dryRunDocument(plan: Plan, { findings }: DryRun, estimate: UploadEstimate): object {
  return {
    ...planDocument(plan),
    preflight: findingsDocument(findings),
    estimate: {
      bytes_each: estimate.bytesEach,
      bytes: estimate.bytes,
      bytes_per_second: estimate.bytesPerSecond,
      upload_ms: estimate.ms,
      measured: estimate.measured,
    },
  };
}

/** Worst first. */
export function findingsDocument(findings: readonly Finding[]): object[] {
  return worstFirst(findings).map(({ level, code, message, path, line }) => ({ level, code, message, path, line }));
}

function dryRunText(plan: Plan, { selection, findings }: DryRun, estimate: UploadEstimate, columns?: number): string {
  const facts = [...planFacts(plan), ...outFacts(plan.skipped), ['upload', describeUpload(plan, estimate)] as const];
  return [
    'Dry run: nothing is connected to, nothing is changed.',
    selection,
    ...facts.map(([name, text]) => hanging(name, harmless(text), columns)),
    ...findingLines(findings, columns),
    '',
    instanceTable(plan, columns),
  ].join('\n');
}

/** Of a fleet that does not fit on a screen the first ones; a file or a pipe gets all. */
function instanceTable({ targets }: Plan, columns: number | undefined): string {
  const shown = columns === undefined ? targets : firstFew(targets, SHOWN_INSTANCES);
  const rows = shown.map(({ instance, host }) => [
    labelOf(instance),
    `${host.user === null ? '' : `${host.user}@`}${formatHostPort(host.address, host.port)}`,
  ]);
  const more = targets.length - shown.length;
  const rest = more === 0 ? '' : `… and ${plural(more, 'more instance')}; all of them with: --json\n`;
  return `${formatTable(['INSTANCE', 'HOST'], rows, { columns })}${rest}`;
}

/** Who is not in, by reason: `out  3 stopped: db-1, db-2, db-3`. */
function outFacts(skipped: readonly Skip[]): (readonly [string, string])[] {
  return [...groupBy(skipped, ({ reason }) => reason)].map(([reason, skips]) => {
    const names = namesOf(skips.map(({ instance }) => instance));
    return ['out', `${skips.length} ${reason}: ${names}`] as const;
  });
}

function describeUpload({ targets, limits }: Plan, estimate: UploadEstimate): string {
  const { bytesEach, bytes, bytesPerSecond, ms, measured } = estimate;
  const what = `${formatBytes(bytesEach)} to each of ${plural(targets.length, 'instance')}, ${formatBytes(bytes)} in all`;
  if (ms === null || bytesPerSecond === null) {
    return `${what}; how long that takes is unknown: nothing comparable was measured yet`;
  }
  const time = ms < 1000 ? 'less than a second' : `about ${formatDuration(ms)}`;
  const atOnce = targets.length > limits.concurrency ? `, ${limits.concurrency} at once` : '';
  return `${what}; ${time} at ${formatBytes(bytesPerSecond)}/s to each${atOnce} (${plural(measured, 'upload')} measured)`;
}

/** How many there are, and what they say. */
export function findingLines(findings: readonly Finding[], columns: number | undefined): string[] {
  const counts = FINDING_LEVELS.flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    return count === 0 ? [] : [plural(count, level)];
  });
  const head = hanging('checks', counts.length === 0 ? 'nothing to complain of' : counts.join(', '), columns);
  return [head, ...foldFindings(findings).map(({ level, text }) => hanging(`  ${level}`, text, columns, 11))];
}

/** A name, and a text beside it that is wrapped in a terminal. */
function hanging(name: string, text: string, columns: number | undefined, indent = 9): string {
  const lines = columns === undefined ? [text] : wrapToWidth(text, Math.max(30, columns - indent));
  return lines.map((line, index) => `${(index === 0 ? name : '').padEnd(indent)}${line}`).join('\n');
}
