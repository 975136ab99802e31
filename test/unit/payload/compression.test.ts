import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseLevel } from '../../../src/payload/compression.ts';
import { hashFiles } from '../../../src/payload/hash-files.ts';
import { scanFiles } from '../../../src/payload/scan.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const noise = (bytes: number): Buffer => randomBytes(bytes);
const text = (bytes: number): Buffer => Buffer.alloc(bytes, 'server { listen 80; }\n');

test.each<[string, Record<string, Buffer>, number]>([
  ['nothing', {}, 1],
  ['a small tree, whatever it holds', { a: noise(1000) }, 1],
  ['large text', { a: text(2_000_000) }, 1],
  ['large noise', { a: noise(2_000_000) }, 0],
  ['noise beside an empty file', { a: noise(2_000_000), b: noise(0) }, 0],
  ['noise beside a little text', { a: noise(2_000_000), b: text(100_000) }, 0],
  ['noise beside as much text', { a: noise(1_000_000), b: text(1_000_000) }, 1],
  ['many small files of noise', Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}`, noise(50_000)])), 0],
])('the level of compression for %s', async (_, files, level) => {
  const root = tempDir();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
  expect(await chooseLevel(root, await hashFiles(await scanFiles(root)))).toBe(level);
});
