import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { packPayload } from '../../../src/payload/pack.ts';
import { scanFiles } from '../../../src/payload/scan.ts';
import { readScript } from '../../../src/payload/script.ts';
import { readStoredPayload } from '../../../src/payload/stored-payload.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { directory, file, link, type Tree, writeTree } from './support.ts';

async function packed(tree: Tree | null, script = '#!/usr/bin/env python3\nprint(1)\n') {
  const folder = tempDir();
  const path = join(folder, 'deploy.py');
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  if (tree !== null) writeTree(join(folder, 'files'), tree);
  return packPayload({
    script: await readScript(path, { maxBytes: 1e6 }),
    tree: tree === null ? null : await scanFiles(join(folder, 'files')),
    environment: ['TOKEN', 'B'],
    name: 'deploy.py',
    outDir: join(folder, 'payloads'),
  });
}

test('a payload is read back from its archive as it was packed', async () => {
  const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`many/${index}`, file(String(index))]));
  const tree = {
    'a.txt': file('hello'),
    deep: directory(0o700),
    'deep/b': link('../a.txt'),
    many: directory(),
    ...many,
  };
  for (const payload of [await packed(null), await packed(tree)]) {
    expect(await readStoredPayload(payload.path, payload.digest)).toEqual(payload);
  }
});

test('an archive that has changed by one bit, or is gone, is refused in words', async () => {
  const { path, digest } = await packed(null);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  writeFileSync(path, bytes);
  await expect(readStoredPayload(path, digest)).rejects.toMatchObject({
    code: 'archive-damaged',
    exitCode: 66,
    message: `the archive ${path} is damaged (its SHA-256 is another one); remove it and upload the script again`,
  });
  rmSync(path);
  await expect(readStoredPayload(path, digest)).rejects.toMatchObject({
    code: 'archive-gone',
    message: `the archive ${path} is gone; upload the script again`,
  });
});

test('an archive with the right digest that was never one of ours is no payload', async () => {
  const path = join(tempDir(), 'x.tar.gz');
  const bytes = gzipSync('hello');
  writeFileSync(path, bytes);
  const digest = createHash('sha256').update(bytes).digest('hex');
  await expect(readStoredPayload(path, digest)).rejects.toThrow(
    `the archive ${path} is damaged (it ends too early); remove it and upload the script again`,
  );
});
