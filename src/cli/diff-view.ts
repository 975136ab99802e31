import { closeSync, openSync, readSync } from 'node:fs';
import { labelInstances } from '../report/labels.ts';
import { LineSplitter } from '../report/line-splitter.ts';
import type { Painter } from '../report/painter.ts';
import { harmless } from '../report/text.ts';
import { unifiedHunks } from '../report/unified.ts';
import type { Writer } from '../report/writer.ts';
import type { StreamName } from '../run/outputs.ts';
import { diffLines } from '../util/diff-lines.ts';
import { formatBytes, plural } from '../util/format.ts';
import { byteLinesOf, type ComparedOutput } from './compared-output.ts';

/** Two outputs, and what each is called. */
export interface Comparison {
  readonly left: ComparedOutput;
  readonly right: ComparedOutput;
  readonly leftTitle: string;
  readonly rightTitle: string;
}

/** Larger outputs are compared by their digests alone, bytes. */
const MAX_DIFF_BYTES = 8 * 1024 * 1024;
/** Of an output of several instances so much is shown. */
const HEAD_BYTES = 4096;
const HEAD_LINES = 10;

export function isSame({ left, right }: Comparison): boolean {
  return left.sha256 === right.sha256;
}

/** Writes a comparison as `diff -u` would; a terminal gets what is safe to show, a pipe the bytes themselves. */
export async function showComparison(comparison: Comparison, writer: Writer, painter: Painter): Promise<void> {
  const { left, right, leftTitle, rightTitle } = comparison;
  const titles = `--- ${harmless(leftTitle)}\n+++ ${harmless(rightTitle)}\n`;
  writer.write(painter.bold(titles));
  if (Math.max(left.bytes, right.bytes) > MAX_DIFF_BYTES) {
    const [a, b] = [left, right].map(({ bytes, sha256 }) => `${formatBytes(bytes)} (sha256 ${sha256})`);
    writer.write(`too large to compare line by line: ${a} and ${b} differ\n`);
    return;
  }
  const [a, b] = await Promise.all([byteLinesOf(left), byteLinesOf(right)]);
  const bytes = Buffer.from(unifiedHunks(diffLines(a, b)), 'latin1');
  writer.write(writer.isTTY === true ? paintHunks(bytes.toString('utf8'), painter) : bytes);
}

function paintHunks(text: string, painter: Painter): string {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const paint = { '-': painter.bad, '+': painter.good, '@': painter.dim }[line[0] ?? ''];
      return `${paint === undefined ? harmless(line) : paint(harmless(line))}\n`;
    })
    .join('');
}

/** Which instances said the same, with the beginning of what they said. */
export function groupsText(groups: readonly (readonly ComparedOutput[])[], runId: string, painter: Painter): string {
  const all = groups.flat().map(({ attempt }) => attempt);
  const labels = labelInstances(all);
  const parts = groups.map((group) => {
    const [first] = group as readonly [ComparedOutput];
    const names = group.map(({ attempt }) => labels.get(attempt.instanceId)).join(', ');
    const count = `${group.length} of ${plural(all.length, 'instance')}`;
    return `${painter.bold(`${count}, ${formatBytes(first.bytes)}: ${names}`)}\n${headOf(first, runId)}`;
  });
  return parts.join('\n');
}

function headOf({ path, bytes, attempt }: ComparedOutput, runId: string): string {
  if (path === null) return '';
  const head = readHead(path);
  const splitter = new LineSplitter();
  const lines = splitter.push(head).slice(0, HEAD_LINES);
  const all = head.length === bytes && lines.length < HEAD_LINES ? [...lines, ...splitter.end()] : lines;
  const text = all.map((line) => `  | ${line}\n`).join('');
  const isWhole = head.length === bytes && head.filter((byte) => byte === 0x0a).length <= HEAD_LINES;
  return isWhole ? text : `${text}  … see all with: spot logs ${runId} ${attempt.instanceId}\n`;
}

function readHead(path: string): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  const fd = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

export function groupsDocument(
  runId: string,
  stream: StreamName,
  groups: readonly (readonly ComparedOutput[])[],
  notCompared: readonly string[],
): unknown {
  return {
    schema: 1,
    run_id: runId,
    stream,
    groups: groups.map((group) => ({
      instances: group.map(({ attempt }) => attempt.instanceId),
      bytes: group[0]?.bytes,
      sha256: group[0]?.sha256,
    })),
    not_compared: notCompared,
  };
}

export function comparisonsDocument(
  stream: StreamName,
  comparisons: readonly Comparison[],
  notCompared: readonly string[],
): unknown {
  return {
    schema: 1,
    stream,
    comparisons: comparisons.map((comparison) => ({
      same: isSame(comparison),
      left: sideDocument(comparison.left),
      right: sideDocument(comparison.right),
    })),
    not_compared: notCompared,
  };
}

function sideDocument({ attempt, bytes, sha256 }: ComparedOutput): unknown {
  return { run_id: attempt.runId, instance_id: attempt.instanceId, bytes, sha256 };
}
