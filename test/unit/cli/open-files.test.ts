import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { fitToOpenFiles, type OpenFiles, readOpenFiles } from '../../../src/cli/open-files.ts';
import { SpotError } from '../../../src/model/errors.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { aPlan } from '../report/events.ts';

/** What is said about a plan of 100 at once, and how many of them are left. */
function fit(openFiles: OpenFiles | null, instances: number): { concurrency: number; said: string } {
  let said = '';
  const io = { openFiles: () => openFiles, stderr: { write: (text: string) => void (said += text) } };
  const plan: Plan = { ...aPlan([]), limits: { ...aPlan([]).limits, concurrency: 100 } };
  const { concurrency } = fitToOpenFiles(plan, instances, io as unknown as Io).limits;
  return { concurrency, said };
}

describe('the instances worked on at once', () => {
  test.each<[what: string, files: OpenFiles | null, instances: number]>([
    ['where there is room for all that the plan says', { limit: 1024, open: 30 }, 500],
    ['where there is room for all that the run has', { limit: 66, open: 30 }, 5],
    ['where nobody knows', null, 500],
  ])('stay as they are %s', (_what, files, instances) => {
    expect(fit(files, instances)).toEqual({ concurrency: 100, said: '' });
  });

  test.each([
    [
      65,
      4,
      'spot: warning: 65 open files (ulimit -n) are enough for 4 instances at once, not for 5; allow 66 to be faster\n',
    ],
    [
      50,
      1,
      'spot: warning: 50 open files (ulimit -n) are enough for 1 instance at once, not for 5; allow 66 to be faster\n',
    ],
  ])('become fewer where %i files may be open', (limit, concurrency, said) => {
    expect(fit({ limit, open: 30 }, 5)).toEqual({ concurrency, said });
  });

  test('are none where there is no room for one, which ends the command', () => {
    const message = '49 open files (ulimit -n) are too few to work on an instance; allow 50 or more';
    const error = new SpotError('too-few-files', message, { exitCode: 78 });
    expect(() => fit({ limit: 49, open: 30 }, 5)).toThrow(error);
  });
});

test('the files of this process are counted', () => {
  const before = readOpenFiles();
  const file = openSync('/dev/null', 'r');
  const after = readOpenFiles();
  closeSync(file);
  expect(after).toEqual({ limit: before?.limit, open: (before?.open ?? 0) + 1 });
  expect(after?.limit).toBeGreaterThan(after?.open ?? Infinity);
});
