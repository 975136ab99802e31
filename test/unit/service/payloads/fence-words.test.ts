import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { SpotError } from '../../../../src/model/errors.ts';
import { readFenced } from '../../../../src/service/payloads/fence.ts';
import { PROBLEMS } from '../../../../src/service/problems.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

let folder: string;

beforeEach(() => {
  folder = tempDir();
  for (const name of ['in', 'out', 'in/sub']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'in/x.sh'), 'echo inside\n');
  writeFileSync(join(folder, 'in/sub/x.sh'), 'echo inside\n');
  writeFileSync(join(folder, 'out/x.sh'), 'echo outside\n');
  symlinkSync('../out', join(folder, 'in/away'));
  symlinkSync('..', join(folder, 'in/up'));
  symlinkSync('in', join(folder, 'back'));
});

async function read(path: string): Promise<string> {
  try {
    return readFenced(path, { roots: [join(folder, 'in')], maxBytes: 1000 }).bytes.toString();
  } catch (error) {
    if (!(error instanceof SpotError)) throw error;
    expect(Object.keys(PROBLEMS)).toContain(error.code);
    expect(error.message).not.toContain('echo');
    expect(error.message).not.toMatch(/\p{Cc}/u);
    return error.code;
  }
}

test('whatever words a path is made of, what is read is inside', async () => {
  const part = fc.constantFrom(
    'in',
    'out',
    'sub',
    'x.sh',
    'away',
    'up',
    'back',
    '.',
    '..',
    '',
    ' ',
    '%2e%2e',
    '..\\',
    '\0',
  );
  let reads = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.boolean(), async (parts, isBelow) => {
      const got = await read(`${folder}${isBelow ? '/in' : ''}/${parts.join('/')}`);
      expect(got).not.toContain('outside');
      if (got === 'echo inside\n') reads += 1;
    }),
    { numRuns: 1500 },
  );
  expect(reads).toBeGreaterThan(0);
});

test('any text at all gets an answer from the table', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((word) => `/${word}`),
    fc.webPath(),
    fc.webUrl(),
  );
  await fc.assert(
    fc.asyncProperty(text, async (path) => {
      expect(Object.keys(PROBLEMS)).toContain(await read(path));
    }),
    { numRuns: 500 },
  );
});
