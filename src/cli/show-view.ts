import type { AttemptResult } from '../model/attempt.ts';
import { labelInstances } from '../report/labels.ts';
import { type AttemptDocument, attemptDocument } from '../report/json.ts';
import type { Painter } from '../report/painter.ts';
import { type Cell, formatTable } from '../report/table.ts';
import { attemptMs, describeSteps, outcomeDetail, outcomePaint, outcomeSymbol, outcomeWord } from '../report/words.ts';
import { resultOf } from '../state/attempt-result.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { formatBytes, formatDuration, plural } from '../util/format.ts';
import { shellCommand } from '../util/shell-quote.ts';
import { formatHostPort } from '../inventory/host-spec.ts';
import { harmless } from '../report/text.ts';
import {
  describeLimits,
  describeMaxFailures,
  describeReady,
  describeSudo,
  describeWaves,
  rolloutDocument,
} from './plan-view.ts';
import { outputStateOf } from './recorded-output.ts';
import { durationOf, outcomeWords, type RunRow, runDocument, whoOf } from './runs-view.ts';

/** A run, and those of its attempts that are to be shown. */
export interface Shown extends RunRow {
  readonly attempts: readonly AttemptRecord[];
  /** the folder of its outputs, absolute */
  readonly logsDir: string;
}

export interface ShowLook {
  readonly painter: Painter;
  readonly columns: number | undefined;
}

/** Everything that is on record, for people. */
export function showText(shown: Shown, look: ShowLook): string {
  const { run, tally, state } = shown;
  const ms = durationOf(run);
  const took = ms === null ? '' : ` in ${formatDuration(ms)}`;
  return [
    `run ${run.id}, ${state}: ${outcomeWords(tally, state)}${took}`,
    ...planFacts(shown).map(([name, text]) => `${name.padEnd(10)}${harmless(text)}`),
    '',
    attemptTable(shown, look),
  ].join('\n');
}

function planFacts({ run, attempts, logsDir }: Shown): (readonly [name: string, text: string])[] {
  const { plan } = run;
  const skipped = plan.skipped.map(({ instanceId, reason }) => `${instanceId} (${reason})`);
  const size = `${formatBytes(run.payloadBytes)} packed, sha256 ${run.payloadDigest}`;
  const facts: [string, string][] = [
    ['payload', `${run.payloadName} with ${plural(plan.fileCount, 'file')}, ${size}`],
    ['action', run.mode === 'copy' ? 'copy, run nothing' : 'run it'],
    ['arguments', plan.args.length === 0 ? '' : shellCommand(plan.args)],
    ['user', describeSudo(plan.sudo)],
    ['env', plan.environment.join(', ')],
    ['script', plan.remotePath === null ? '' : `kept as ${plan.remotePath}`],
    ['ready', describeReady(plan.readyTimeoutMs ?? null)],
    ['limits', describeLimits(plan.limits)],
    ['waves', plan.rollout === undefined ? '' : describeWaves(plan.rollout)],
    ['failures', plan.rollout === undefined ? '' : describeMaxFailures(plan.rollout)],
    ['began', `${run.createdAt} by ${whoOf(run)}`],
    ['ended', run.finishedAt ?? ''],
    ['rerun of', run.rerunOf ?? ''],
    ['outputs', attempts.some(isPruned) ? 'pruned' : logsDir],
    ['left out', skipped.length > MAX_SKIPPED ? plural(skipped.length, 'instance') : skipped.join(', ')],
  ];
  return facts.filter(([, text]) => text !== '');
}

/** Above this number the instances that were left out are only counted; `--json` names them all. */
const MAX_SKIPPED = 5;

function isPruned(attempt: AttemptRecord): boolean {
  return [outputStateOf(attempt, 'stdout'), outputStateOf(attempt, 'stderr')].includes('pruned');
}

function attemptTable({ attempts }: Shown, { painter, columns }: ShowLook): string {
  const labels = labelInstances(attempts);
  const rows = attempts.map((attempt): Cell[] => {
    const result = resultOf(attempt);
    const label = labels.get(attempt.instanceId) as string;
    const { user, address, port } = attempt.host;
    const host = `${user === null ? '' : `${user}@`}${formatHostPort(address, port)}`;
    if (result === null) return [`  ${label}`, host, openWords(attempt), '', ''];
    const { kind } = result.outcome;
    return [
      { text: `${outcomeSymbol(kind)} ${label}`, paint: outcomePaint(kind, painter) },
      host,
      { text: outcomeWord(kind), paint: outcomePaint(kind, painter) },
      formatDuration(attemptMs(result)),
      detailOf(attempt, result),
    ];
  });
  return formatTable(['  INSTANCE', 'HOST', 'OUTCOME', 'TIME', 'DETAIL'], rows, { columns });
}

function openWords({ step }: AttemptRecord): string {
  return step === null ? 'not begun' : `open since ${step}`;
}

function detailOf(attempt: AttemptRecord, result: AttemptResult): string {
  const { evidence, steps, remoteDir, rescue } = result;
  return [
    [outcomeDetail(result.outcome), ...evidence].filter((text) => text !== '').join('; '),
    describeSteps(steps),
    remoteDir === null ? '' : `files in ${remoteDir}`,
    outputWords(attempt, 'stdout'),
    outputWords(attempt, 'stderr'),
    rescue === null ? '' : `rescued ${formatBytes(rescue.bytes)} in ${rescue.path}`,
  ]
    .filter((line) => line !== '')
    .map(harmless)
    .join('\n');
}

function outputWords(attempt: AttemptRecord, stream: 'stdout' | 'stderr'): string {
  const { path, bytes } = attempt[stream];
  if (bytes === 0) return '';
  return `${stream} ${formatBytes(bytes)}${path === null ? ', pruned' : ` in ${path}`}`;
}

/** What `spot show --json` prints. */
export function showDocument(shown: Shown): unknown {
  const { run, attempts } = shown;
  const { plan } = run;
  return {
    schema: 1,
    run: {
      ...runDocument(shown),
      args: plan.args,
      environment: plan.environment,
      remote_path: plan.remotePath,
      sudo: plan.sudo ?? null,
      cleanup: plan.cleanup,
      retries: plan.retries,
      ready_timeout_ms: plan.readyTimeoutMs ?? null,
      limits: {
        connect_timeout_ms: plan.limits.connectTimeoutMs,
        upload_timeout_ms: plan.limits.uploadTimeoutMs,
        execution_timeout_ms: plan.limits.executionTimeoutMs,
        kill_grace_ms: plan.limits.killGraceMs,
        lease_ms: plan.limits.leaseMs,
        concurrency: plan.limits.concurrency,
      },
      rollout: plan.rollout === undefined ? null : rolloutDocument(plan.rollout),
      logs_dir: shown.logsDir,
    },
    attempts: attempts.map((attempt) => recordDocument(attempt, run.mode)),
    skipped: plan.skipped.map(({ instanceId, reason }) => ({ instance_id: instanceId, reason })),
  };
}

/** The names of `upload-script --json`; an open attempt has no outcome yet. */
function recordDocument(attempt: AttemptRecord, mode: 'run' | 'copy'): unknown {
  const result = resultOf(attempt);
  const { host, step, startedAt, finishedAt } = attempt;
  const shared = result === null ? openDocument(attempt) : attemptDocument(result, mode);
  return { ...shared, user: host.user, port: host.port, step, started_at: startedAt, finished_at: finishedAt };
}

type OpenDocument = Omit<AttemptDocument, 'outcome'> & { readonly outcome: null };

function openDocument({ instanceId, name, host }: AttemptRecord): OpenDocument {
  return {
    instance_id: instanceId,
    name,
    address: host.address,
    outcome: null,
    exit_code: null,
    signal: null,
    error: null,
    evidence: [],
    steps: [],
    remote_dir: null,
    stdout_path: null,
    stderr_path: null,
    stdout_bytes: 0,
    stderr_bytes: 0,
    rescue_path: null,
    rescue_bytes: 0,
  };
}
