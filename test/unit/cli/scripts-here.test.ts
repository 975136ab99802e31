import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { scriptsHere } from '../../../src/cli/scripts-here.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

test('scripts are found by their ending, their first line or their mode, newest first, and nothing else is', () => {
  const folder = tempDir();
  const write = (path: string, content: string, age: number, mode = 0o644): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
    utimesSync(file, 1e9 - age, 1e9 - age);
  };
  write('deploy.sh', 'true\n', 30);
  write('scripts/report.py', 'print(1)\n', 10);
  write('check', '#!/bin/sh\n', 20);
  write('tool', 'echo\n', 40, 0o755);
  write('program', '\u007FELF\0\0', 0, 0o755);
  write('notes.txt', 'x\n', 0);
  write('empty.sh', '', 0);
  write('.hidden.sh', 'true\n', 0);
  write('folder.sh/inner.sh', 'true\n', 0);
  write('deep/er.sh', 'true\n', 0);
  symlinkSync('nowhere', join(folder, 'broken.sh'));
  const found = scriptsHere(folder);
  expect(found.map(({ path }) => path)).toEqual(['./scripts/report.py', './check', './deploy.sh', './tool']);
  expect(found[0]).toEqual({ path: './scripts/report.py', changedAt: (1e9 - 10) * 1000, sizeBytes: 9 });
});

test('where nothing can be read there is nothing', () => {
  expect(scriptsHere(join(tempDir(), 'missing'))).toEqual([]);
});
