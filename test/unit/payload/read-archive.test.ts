import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ArchiveEntry, readArchive } from '../../../src/payload/read-archive.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { directory, file, link, packFolder, writeTree } from './support.ts';

let root: string;
let outDir: string;

beforeEach(() => {
  const folder = tempDir();
  root = join(folder, 'files');
  outDir = join(folder, 'payloads');
});

/** Everything in an archive, as `type mode path size target content`. */
async function listing(path: string, isRead: (entry: ArchiveEntry) => boolean = () => true): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of readArchive(path)) {
    const blocks: Buffer[] = [];
    if (isRead(entry)) for await (const block of entry.content) blocks.push(block);
    const { type, mode, path: name, sizeBytes, target } = entry;
    lines.push(`${type} ${mode.toString(8)} ${name} ${sizeBytes} ${target} ${Buffer.concat(blocks).toString('utf8')}`);
  }
  return lines;
}

describe('an archive that was packed', () => {
  test('is read back entry by entry, with names and links of any length', async () => {
    const long = `${'ä/'.repeat(80)}näme`;
    writeTree(root, { [long]: file('content', 0o640), empty: file(''), closed: directory(0o500), l: link(long) });
    const { path } = await packFolder(root, outDir);
    const lines = (await listing(path)).filter((line) => !line.startsWith('directory 755'));
    expect(lines.slice(1)).toEqual([
      'file 700 script.sh 11  echo hello\n',
      'directory 700 files 0  ',
      'directory 700 files/closed 0  ',
      'file 644 files/empty 0  ',
      `link 777 files/l 0 ${long} `,
      `file 640 files/${long} 7  content`,
      'directory 500 files/closed 0  ',
    ]);
  });

  test('is read as well where a content is not looked at', async () => {
    writeTree(root, { big: file('x'.repeat(600_000)), small: file('y') });
    const { path } = await packFolder(root, outDir);
    const lines = await listing(path, (entry) => entry.path === 'files/small');
    expect(lines.slice(3)).toEqual(['file 644 files/big 600000  ', 'file 644 files/small 1  y']);
  });

  test('is read although it compresses a thousandfold', async () => {
    writeTree(root, { zeros: file('\0'.repeat(5_000_000)) });
    const { path, sizeBytes } = await packFolder(root, outDir);
    expect(sizeBytes).toBeLessThan(50_000);
    expect(await listing(path, () => false)).toHaveLength(4);
  });

  test('may be left in the middle', async () => {
    writeTree(root, { big: file('x'.repeat(600_000)) });
    const { path } = await packFolder(root, outDir);
    for await (const entry of readArchive(path)) {
      expect(entry.path).toBe('manifest.yaml');
      break;
    }
  });
});

describe('an archive that is damaged', () => {
  async function packed(): Promise<string> {
    writeTree(root, { a: file('0123456789'.repeat(1000)) });
    return (await packFolder(root, outDir)).path;
  }

  test('is not read past the place where it is cut off', async () => {
    const path = await packed();
    truncateSync(path, readFileSync(path).length - 20);
    await expect(listing(path)).rejects.toThrow('unexpected end of file');
  });

  test('is not taken for whole where its end is missing before it was compressed', async () => {
    const path = await packed();
    writeFileSync(path, gzipSync(gunzipSync(readFileSync(path)).subarray(0, 2000)));
    await expect(listing(path)).rejects.toThrow('it ends too early');
  });

  test('is given away by the checksum of a header', async () => {
    const path = await packed();
    const tar = gunzipSync(readFileSync(path));
    tar.writeUInt8(0x7a, 0);
    writeFileSync(path, gzipSync(tar));
    await expect(listing(path)).rejects.toThrow('a header is damaged');
  });

  test('is no archive at all', async () => {
    const path = await packed();
    writeFileSync(path, 'hello');
    await expect(listing(path)).rejects.toThrow('incorrect header check');
  });

  test('is missing', async () => {
    await expect(listing(join(root, 'nope'))).rejects.toThrow('ENOENT');
  });
});
