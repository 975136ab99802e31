import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { FileEntry } from '../../../src/payload/entries.ts';
import { readForeignArchive } from '../../../src/payload/foreign-archive.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { aManifest, entry, FILES, goodArchive, headOf, sha256Of, zipped } from './archives.ts';

const MAX_BYTES = 10_000_000;
const ZEROS = Buffer.alloc(50_000_000);

/** What is said of an archive. */
async function refusalOf(archive: Buffer): Promise<string> {
  const path = join(tempDir(), 'uploaded');
  writeFileSync(path, archive);
  return readForeignArchive(path, MAX_BYTES).then(
    () => 'it was taken',
    (error: unknown) => (error as Error).message,
  );
}

function zeros(path: string, sizeBytes: number): FileEntry {
  return { type: 'file', path, sizeBytes, mode: 0o644, sha256: sha256Of(ZEROS) };
}

test.each<[string, Buffer, string]>([
  [
    'says so',
    zipped(...headOf(aManifest([zeros('a', ZEROS.length)])), FILES, entry(zeros('files/a', ZEROS.length), ZEROS)),
    'it has more than 10000000 bytes unpacked',
  ],
  [
    'does not say so',
    zipped(...headOf(aManifest([zeros('a', 1)])), FILES, entry(zeros('files/a', ZEROS.length), ZEROS)),
    'its entry "files/a" is not what its manifest says of "files/a"',
  ],
  [
    'has it behind its end',
    gzipSync(Buffer.concat([gunzipSync(goodArchive()), ZEROS]), { level: 1 }),
    'it has more than 10000000 bytes unpacked',
  ],
])(
  'an archive that unpacks to more than is allowed is refused in the middle, where it %s',
  async (_, archive, said) => {
    expect(archive.length).toBeLessThan(MAX_BYTES);
    expect(await refusalOf(archive)).toBe(said);
  },
);

test('links that would keep their reader busy are not followed to the end', async () => {
  const folder = { type: 'directory', path: 'd', mode: 0o755 } as const;
  // chains of 39, as more are refused for their number
  const links = Array.from({ length: 300 }, (_, index) => {
    const end = index % 39 === 38 ? 'd' : `l${index + 1}`;
    return { type: 'link', path: `l${index}`, target: `${'d/../'.repeat(500)}${end}` } as const;
  });
  const entries = [folder, ...links].map((file) => entry({ ...file, path: `files/${file.path}` }));
  const archive = zipped(...headOf(aManifest([folder, ...links])), FILES, ...entries);
  expect(await refusalOf(archive)).toBe('its links are too entangled');
});
