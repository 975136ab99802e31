import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeAbandoned } from '../../../src/util/remove-abandoned.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE_MS = 60_000;

const ARCHIVES = { prefix: '.packing-', afterMs: 60 * MINUTE_MS };

function writtenBefore(path: string, minutes: number): void {
  writeFileSync(path, 'half of an archive');
  const seconds = (NOW - minutes * MINUTE_MS) / 1000;
  utimesSync(path, seconds, seconds);
}

test('an archive that was not finished goes after an hour, and nothing else', async () => {
  const folder = tempDir();
  writtenBefore(join(folder, '.packing-old'), 61);
  writtenBefore(join(folder, '.packing-new'), 59);
  writtenBefore(join(folder, 'e3b0.tar.gz'), 100_000);
  mkdirSync(join(folder, '.packing-delta-old'));
  writeFileSync(join(folder, '.packing-delta-old/e3b0.tar.gz'), 'what was missing');
  utimesSync(join(folder, '.packing-delta-old'), 0, 0);
  await removeAbandoned(folder, ARCHIVES, NOW);
  expect(readdirSync(folder).sort()).toEqual(['.packing-new', 'e3b0.tar.gz']);
});

test('a folder that is not there yet has none', async () => {
  await expect(removeAbandoned(join(tempDir(), 'payloads'), ARCHIVES, NOW)).resolves.toBeUndefined();
});
