import { describe, expect, test } from 'vitest';
import { showPlan } from '../../../src/cli/preflight/dry-run-view.ts';
import { foldFindings, requireSound } from '../../../src/cli/preflight/findings.ts';
import type { Finding } from '../../../src/payload/checks/finding.ts';
import { anInstance, aPlan, aWriter } from '../report/events.ts';

function aFinding(level: Finding['level'], code: string, path: string): Finding {
  return { level, code, message: 'is wrong', path, line: null };
}

function shown(count: number, columns?: number): string[] {
  const writer = aWriter(columns === undefined ? {} : { columns });
  const plan = aPlan(Array.from({ length: count }, (_, index) => anInstance(`i-${index + 1}`)));
  const state = { runs: { uploads: () => [{ bytes: 110_000, ms: 100 }] } } as never;
  showPlan(plan, { selection: `${count} instances`, findings: [] }, { options: {}, state, io: { stdout: writer } });
  return writer.text().split('\n');
}

describe('a dry run', () => {
  test('names few instances one by one, and of many the first ones on a terminal', () => {
    expect(shown(11, 80).filter((line) => line.startsWith('i-'))).toHaveLength(11);
    const many = shown(200, 80);
    expect(many.filter((line) => line.startsWith('i-'))).toHaveLength(10);
    expect(many).toContain('… and 190 more instances; all of them with: --json');
    expect(many.every((line) => line.length <= 80)).toBe(true);
    expect(shown(200).filter((line) => line.startsWith('i-'))).toHaveLength(200);
  });

  test('says how long the uploads take if they go as they did', () => {
    expect(shown(250)).toContain(
      'upload   110 KB to each of 250 instances, 28 MB in all; less than a second at 1.1 MB/s to each, 100 at once (1 upload measured)',
    );
  });
});

test('of many findings of a kind the first ones are shown, the worst kinds first', () => {
  const leftovers = ['a', 'b', 'c', 'd', 'e'].map((path) => aFinding('warning', 'leftover', path));
  const findings = [aFinding('note', 'link', 'l'), ...leftovers, aFinding('error', 'syntax', 'x\u001B[2J.sh')];
  expect(foldFindings(findings).map(({ level, text }) => `${level} ${text}`)).toEqual([
    'error x.sh: is wrong',
    'warning a: is wrong',
    'warning b: is wrong',
    'warning c: is wrong',
    'warning … and 2 more of this kind',
    'note l: is wrong',
  ]);
});

describe('before a run', () => {
  const findings = [
    aFinding('note', 'link', 'l'),
    aFinding('error', 'syntax', 'x.sh'),
    aFinding('warning', 'crlf', 'y'),
  ];

  test('warnings are said, and what is sure to fail is refused', () => {
    const stderr = aWriter();
    const refusal = (): void => requireSound(findings, {}, { stderr } as never);
    expect(refusal).toThrow(
      expect.objectContaining({
        exitCode: 66,
        message: 'x.sh: is wrong; nothing was begun: mend it, or run it as it is with --no-check',
      }) as Error,
    );
    expect(stderr.text()).toBe('spot: warning: y: is wrong\n');
  });

  test('with --no-check it is a warning, too', () => {
    const stderr = aWriter();
    requireSound(findings, { check: false }, { stderr } as never);
    expect(stderr.text()).toBe('spot: warning: x.sh: is wrong\nspot: warning: y: is wrong\n');
  });
});
