import type { AttemptResult } from '../../model/attempt.ts';
import { formatBytes, formatDuration } from '../../util/format.ts';
import { labelInstances } from '../labels.ts';
import type { Painter } from '../painter.ts';
import { type Cell, formatTable } from '../table.ts';
import { attemptMs, describeSteps, outcomeDetail, outcomePaint, outcomeSymbol, outcomeWord } from '../words.ts';
import { showPath } from './tail.ts';

export interface TableLook {
  readonly painter: Painter;
  readonly columns: number | undefined;
  /** say how long each step took */
  readonly verbose: boolean;
  /** say where the files are on the instance: after a copy that is what one wants to know */
  readonly showFolder: boolean;
  readonly cwd: string;
}

const HEADER = ['  INSTANCE', 'ADDRESS', 'OUTCOME', 'TIME', 'DETAIL'];

/** A row for each instance, without the columns in which nothing stands. */
export function attemptTable(attempts: readonly AttemptResult[], look: TableLook): string {
  const labels = labelInstances(attempts);
  const rows = attempts.map((attempt) => rowOf(attempt, labels.get(attempt.instanceId) ?? '', look));
  const isUsed = HEADER.map((_, column) => rows.some((row) => row[column] !== ''));
  const used = <T>(cells: readonly T[]): T[] => cells.filter((_, column) => isUsed[column]);
  return formatTable(used(HEADER), rows.map(used<Cell>), { columns: look.columns });
}

function rowOf(attempt: AttemptResult, label: string, { painter, verbose, showFolder, cwd }: TableLook): Cell[] {
  const { outcome, remoteDir, rescue, steps } = attempt;
  const detail = [
    outcomeDetail(outcome),
    ...attempt.evidence,
    rescue === null ? '' : `rescued ${formatBytes(rescue.bytes)} in ${showPath(rescue.path, cwd)}`,
    showFolder && remoteDir !== null ? `files in ${remoteDir}` : '',
    verbose ? describeSteps(steps) : '',
  ];
  return [
    `${outcomeSymbol(outcome.kind)} ${label}`,
    label.includes(attempt.address) ? '' : attempt.address,
    { text: outcomeWord(outcome.kind), paint: outcomePaint(outcome.kind, painter) },
    steps.length === 0 ? '' : formatDuration(attemptMs(attempt)),
    detail.filter((line) => line !== '').join('\n'),
  ];
}
