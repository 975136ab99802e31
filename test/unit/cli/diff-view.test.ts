import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ComparedOutput, fingerprint, groupOutputs } from '../../../src/cli/compared-output.ts';
import { type Comparison, groupsText, showComparison } from '../../../src/cli/diff-view.ts';
import { plainPainter } from '../../../src/report/painter.ts';
import type { AttemptRecord } from '../../../src/state/attempts.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const MIB = 1024 * 1024;

/** Outputs of a run, by instance: text, or how many zero bytes. */
function outputsOf(contents: Readonly<Record<string, string | number>>): Promise<ComparedOutput[]> {
  const logsDir = tempDir();
  const attempts = Object.entries(contents).map(([instanceId, content]) => {
    const path = join(logsDir, `${instanceId}.out`);
    writeFileSync(path, typeof content === 'string' ? Buffer.from(content, 'latin1') : '');
    if (typeof content === 'number') truncateSync(path, content);
    const bytes = typeof content === 'number' ? content : content.length;
    return { instanceId, name: null, outcome: 'succeeded', stdout: { path: bytes === 0 ? null : path, bytes } };
  });
  return fingerprint(attempts as unknown as AttemptRecord[], 'stdout', logsDir);
}

async function shown(a: string | number, b: string | number, isTTY = false): Promise<string> {
  const [left, right] = (await outputsOf({ a, b })) as [ComparedOutput, ComparedOutput];
  const written: Buffer[] = [];
  const writer = { isTTY, write: (text: string | Uint8Array) => void written.push(Buffer.from(text as string)) };
  const comparison: Comparison = { left, right, leftTitle: 'a\x1b[2J', rightTitle: 'b' };
  await showComparison(comparison, writer, plainPainter);
  return Buffer.concat(written).toString('latin1');
}

describe('a comparison', () => {
  test('gives a pipe the very bytes, also where only those differ that are no UTF-8', async () => {
    expect(await shown('x\xfe\n', 'x\xff\n')).toBe('--- a\n+++ b\n@@ -1 +1 @@\n-x\xfe\n+x\xff\n');
  });

  test('cannot do anything to a terminal', async () => {
    expect(await shown('x\x1b[2J\n', 'y\n', true)).toBe('--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n');
  });

  test('of what is too large for that names the sizes and digests', async () => {
    expect(await shown('', 9 * MIB)).toMatch(
      /^--- a\n\+\+\+ b\ntoo large to compare line by line: 0 B \(sha256 e3b0c4\w{58}\) and 9\.4 MB \(sha256 \w{64}\) differ\n$/,
    );
  });
});

test('groups are instances with the same bytes, the largest group first; of a long output the beginning is shown', async () => {
  const long = Array.from({ length: 12 }, (_, index) => `${index}\n`).join('');
  const groups = groupOutputs(await outputsOf({ a: 'one\n', b: long, c: '', d: long, e: 'no end' }));
  const ten = Array.from({ length: 10 }, (_, index) => `  | ${index}\n`).join('');
  expect(groupsText(groups, 'r1', plainPainter)).toBe(
    `2 of 5 instances, 26 B: b, d\n${ten}  … see all with: spot logs r1 b\n\n` +
      '1 of 5 instances, 4 B: a\n  | one\n\n1 of 5 instances, 0 B: c\n\n1 of 5 instances, 6 B: e\n  | no end\n',
  );
});
