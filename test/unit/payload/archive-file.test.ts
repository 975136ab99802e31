import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { archiveContent } from '../../../src/payload/archive-content.ts';
import { writeArchive } from '../../../src/payload/archive-file.ts';
import type { HashedEntry } from '../../../src/payload/entries.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { failureOf } from './support.ts';

const CONTENT = Buffer.from('0123456789abcdef'.repeat(50_000));

/** Hands out bytes in pieces of one size. */
async function* inPieces(content: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
}

describe('an archive file', () => {
  test.each([0, 1] as const)('does not depend on the pieces it is fed, at level %i', async (level) => {
    const outDir = tempDir();
    const sizes = [997, 65_536, CONTENT.length];
    const digests = new Set<string>();
    for (const size of sizes) digests.add((await writeArchive(outDir, inPieces(CONTENT, size), level)).digest);
    expect(digests.size).toBe(1);
    const [name] = readdirSync(outDir);
    expect(gunzipSync(readFileSync(join(outDir, name as string))).equals(CONTENT)).toBe(true);
  });

  test('says nothing of time or system in its gzip header', async () => {
    const { path } = await writeArchive(tempDir(), inPieces(CONTENT, 1000), 1);
    expect([...readFileSync(path).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
  });

  test('replaces its equal', async () => {
    const outDir = tempDir();
    const { path } = await writeArchive(outDir, inPieces(CONTENT, 1000), 1);
    writeFileSync(path, 'damaged');
    const { digest } = await writeArchive(outDir, inPieces(CONTENT, 1000), 1);
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(digest);
  });

  test('leaves nothing behind when its content fails', async () => {
    const outDir = tempDir();
    async function* failing(): AsyncGenerator<Buffer> {
      yield* inPieces(CONTENT, 1000);
      throw new Error('the disk is on fire');
    }
    await expect(writeArchive(outDir, failing(), 1)).rejects.toThrow('the disk is on fire');
    expect(readdirSync(outDir)).toEqual([]);
  });

  test('says where it cannot be written', async () => {
    const outDir = join(tempDir(), 'payloads');
    writeFileSync(outDir, '');
    expect(await failureOf(() => writeArchive(outDir, inPieces(CONTENT, 1000), 1))).toEqual([
      78,
      'archive-not-written',
      `the payload cannot be written to ${outDir}: EEXIST: file already exists, mkdir '${outDir}'; ` +
        'make room, or choose another state_dir',
    ]);
  });

  test('is not written with another content than the manifest says', async () => {
    const root = tempDir();
    const outDir = join(root, 'out');
    mkdirSync(outDir);
    writeFileSync(join(root, 'a'), 'later');
    const sha256 = createHash('sha256').update('early').digest('hex');
    const entry: HashedEntry = { entry: { type: 'file', path: 'a', sizeBytes: 5, mode: 0o644, sha256 }, content: null };
    const manifest = {
      version: 'v1',
      interpreter: ['bash'],
      entrypoint: 'script.sh',
      environment: [],
      files: [entry.entry],
      metadata: { name: 'x' },
    } as const;
    const content = archiveContent({ manifest, script: Buffer.from('true\n'), root, entries: [entry] });
    expect(await failureOf(() => writeArchive(outDir, content, 1))).toEqual([
      66,
      'file-changed',
      `${root}/a changed while it was packed: its content is another one; try again once nothing writes to it`,
    ]);
    expect(readdirSync(outDir)).toEqual([]);
  });
});
