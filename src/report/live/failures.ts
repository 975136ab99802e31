import { type Cluster, clusterAttempts } from '../clusters.ts';
import { foldNames } from '../fold-names.ts';
import { cutToWidth, harmless, renderSpans, wrapToWidth } from '../text.ts';
import { describeOutcome, outcomePaint, outcomeSymbol, outcomeWord } from '../words.ts';
import type { FrameOptions } from './frame.ts';
import type { LiveInstance } from './instance.ts';
import type { LiveModel } from './model.ts';

const MAX_LABEL_COLUMNS = 24;
/** Of a group of failures: its sentence, the names, and what one of them said last. */
const MAX_SENTENCE_ROWS = 3;
const MAX_NAME_ROWS = 2;
const LAST_LINES = 3;
const QUOTE = '  | ';
/** So few are put together anew for each drawing; more of them once in `REGROUP_MS`. */
const FEW = 30;
const REGROUP_MS = 1000;

/** What did not succeed, put together by how it ended: the largest group first. */
export class FailureGroups {
  #groups: readonly Cluster[] = [];
  #grouped = 0;
  #groupedAt = 0;

  /** as of when they were last asked for */
  get count(): number {
    return this.#groups.length;
  }

  /** @param now ms since the epoch */
  of(troubles: readonly LiveInstance[], now: number): readonly Cluster[] {
    const isNew = troubles.length !== this.#grouped;
    if (!isNew || (troubles.length > FEW && Math.abs(now - this.#groupedAt) < REGROUP_MS)) return this.#groups;
    this.#groups = clusterAttempts(troubles.flatMap(({ result }) => result ?? []));
    this.#grouped = troubles.length;
    this.#groupedAt = now;
    return this.#groups;
  }
}

/** A line for each group, as many as there is room for. */
export function failureRows(model: LiveModel, options: FrameOptions): string[] {
  const { rows, columns, now, painter } = options;
  const groups = model.failures(now);
  if (rows <= 0 || groups.length === 0) return [];
  const shown = groups.length <= rows ? groups : groups.slice(0, Math.max(1, rows - 1));
  const hidden = groups.length - shown.length;
  const more = hidden === 0 || rows < 2 ? [] : [renderSpans([[`  … and ${hidden} more kinds`, painter.dim]], columns)];
  return [...shown.map((group) => groupRow(group, model, options)), ...more];
}

/** `✗ web-7  failed: exit 3  E: Could not get lock`, or `✗ 6 × failed: exit 3  E: Could not get lock  web-[1-6]`. */
function groupRow(group: Cluster, model: LiveModel, { columns, painter }: FrameOptions): string {
  const { kind, sample, members } = group;
  const paint = outcomePaint(kind, painter);
  if (members.length === 1) {
    const name = cutToWidth(model.label(sample.instanceId), Math.min(MAX_LABEL_COLUMNS, Math.ceil(columns / 3)));
    const end = describeOutcome(sample.outcome);
    const said = end.includes(group.headline) ? '' : `  ${group.headline}`;
    return renderSpans([[`${outcomeSymbol(kind)} ${name}  `, paint], [end], [said, painter.dim]], columns);
  }
  const names = foldNames(members.map(({ instanceId }) => model.label(instanceId))).join(' ');
  const front = `${outcomeSymbol(kind)} ${members.length} × ${shortEnd(group)}  `;
  return renderSpans([[front, paint], [group.headline], [`  ${names}`, painter.dim]], columns);
}

/** Without the sentence, which the headline says. */
function shortEnd({ kind, sample: { outcome } }: Cluster): string {
  return kind === 'failed' || kind === 'killed' ? describeOutcome(outcome) : outcomeWord(kind);
}

/** All groups from the `top`th on, each with its sentence, names and last lines. */
export function failureLines(model: LiveModel, top: number, options: FrameOptions): string[] {
  const { columns, painter, now } = options;
  const rows = Math.max(0, options.rows - 1);
  const groups = model.failures(now);
  const lines: string[] = [];
  const first = Math.max(0, Math.min(top, groups.length - 1));
  let next = first;
  for (; next < groups.length && lines.length < rows; next += 1) {
    lines.push(...groupLines(groups[next] as Cluster, model, options));
  }
  const what = groups.length === 0 ? 'nothing has failed' : `${model.troubles.length} did not succeed`;
  const kinds = groups.length < 2 ? '' : `, in ${groups.length} ways`;
  const range = next - first < groups.length ? ` · ${first + 1} to ${next}` : '';
  return [renderSpans([[what + kinds, painter.bold], [range]], columns), ...lines];
}

function groupLines(group: Cluster, model: LiveModel, { columns, painter }: FrameOptions): string[] {
  const { kind, sample, members } = group;
  const paint = outcomePaint(kind, painter);
  const label = model.label(sample.instanceId);
  const isOne = members.length === 1;
  const facts = sample.evidence.length === 0 ? '' : ` (${sample.evidence.map(harmless).join('; ')})`;
  const end = `${describeOutcome(sample.outcome)}${facts}`;
  const front = `${outcomeSymbol(kind)} ${isOne ? label : `${members.length} instances`}  `;
  const sentence = wrapToWidth(front + (isOne ? end : `${end}, e.g. ${label}`), columns).slice(0, MAX_SENTENCE_ROWS);
  const names = isOne ? [] : nameLines(members, model, columns);
  return [
    ...sentence.map((line) => renderSpans([[line, paint]], columns)),
    ...names.map((line) => renderSpans([[line]], columns)),
    ...lastLines(model, sample).map((line) => renderSpans([[QUOTE, painter.dim], [line]], columns)),
  ];
}

function nameLines(members: Cluster['members'], model: LiveModel, columns: number): string[] {
  const names = foldNames(members.map(({ instanceId }) => model.label(instanceId))).join(' ');
  const lines = wrapToWidth(names, Math.max(1, columns - 3)).map((line) => `  ${line}`);
  return lines.length <= MAX_NAME_ROWS ? lines : [...lines.slice(0, MAX_NAME_ROWS - 1), `${lines[MAX_NAME_ROWS - 1]}…`];
}

/** Of a run that was taken up the tails of the result say it. */
function lastLines(model: LiveModel, { instanceId, stdout, stderr }: Cluster['sample']): string[] {
  const said = model.instances.get(instanceId)?.tail.lines(LAST_LINES) ?? [];
  if (said.length > 0) return said;
  const tail = stderr.tail.trim() === '' ? stdout.tail : stderr.tail;
  return tail.trim() === '' ? [] : tail.trimEnd().split('\n').slice(-LAST_LINES).map(harmless);
}
