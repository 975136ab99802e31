import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Listing, readListing } from '../../../../src/run/fetch/listing.ts';
import { parsePattern } from '../../../../src/run/fetch/pattern.ts';

const NONCE = '7b1e';

/** Records as an instance says them; the base is /base. */
function said(...records: readonly (string | Buffer)[]): Buffer {
  const all = ['base /base', ...records, 'done'];
  return Buffer.concat([
    Buffer.from(`Welcome!\nSPOT1 ${NONCE}\n`),
    ...all.flatMap((record) => [Buffer.from(`${NONCE} `), Buffer.from(record), Buffer.from('\n')]),
  ]);
}

/** @param chunkBytes it arrives in pieces of that size */
function read(bytes: Buffer, { pattern = '**', chunkBytes = bytes.length } = {}): Promise<Listing> {
  const count = Math.ceil(bytes.length / chunkBytes);
  const chunks = Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  const request = { pattern: parsePattern(pattern), nonce: NONCE, files: '/base' };
  return readListing(Readable.from(chunks), request, { silenceMs: 2000, signal: new AbortController().signal });
}

const FILE = '81a4 5';

describe('what an instance lists', () => {
  test.each([1, 7, 64])('is read in pieces of %i bytes, whatever the names are', async (chunkBytes) => {
    const names = ['a b', `two\nlines\n${NONCE}`, 'tail\n', ' ', 'ü', '\\'];
    const { entries } = await read(said(...names.map((name) => `${FILE} /base/${name}`)), { chunkBytes });
    expect(entries.map(({ path, sizeBytes, mode }) => [path, sizeBytes, mode])).toEqual(
      names.map((name) => [name, 5, 0o644]),
    );
  });

  test.each([
    ['a path outside the base', '/etc/passwd'],
    ['a neighbour of the base', '/base2/x'],
    ['a way up', '/base/../etc/passwd'],
    ['a way up in the middle', '/base/a/../../x'],
    ['a way up at the end', '/base/a/..'],
    ['a dot', '/base/./x'],
    ['an empty part', '/base//x'],
    ['a slash at the end', '/base/x/'],
    ['a relative path', 'x'],
  ])('ends all of it where it is %s', async (_, path) => {
    await expect(read(said(`${FILE} /base/ok`, `${FILE} ${path}`))).rejects.toMatchObject({ code: 'bad-path' });
  });

  test('counts only where it matches, once', async () => {
    const paths = ['a.csv', 'a.txt', '.a.csv', 'sub/a.csv', 'a.csv', 'd.csv/in/it'];
    const { entries, refusals } = await read(said(...paths.map((path) => `${FILE} /base/${path}`)), {
      pattern: '*.csv',
    });
    expect([entries.map(({ path }) => path), refusals]).toEqual([['a.csv', 'd.csv/in/it'], []]);
  });

  test('is refused by name where it cannot be fetched', async () => {
    const bad = Buffer.concat([Buffer.from(`${FILE} /base/b`), Buffer.from([0xff]), Buffer.from('d')]);
    const { entries, refusals } = await read(
      said(
        '1180 0 /base/pipe',
        '2180 0 /base/char',
        '6180 0 /base/block',
        'c180 0 /base/socket',
        bad,
        'problem x: denied\ny: denied',
      ),
    );
    expect(entries).toEqual([]);
    expect(
      refusals.map(({ path, code, message }) => [path, code, /is a [a-z ]+|denied|UTF-8/.exec(message)?.[0]]),
    ).toEqual([
      ['pipe', 'no-file', 'is a named pipe'],
      ['char', 'no-file', 'is a device'],
      ['block', 'no-file', 'is a device'],
      ['socket', 'no-file', 'is a socket'],
      ['b\uFFFDd', 'bad-name', 'UTF-8'],
      ['', 'not-readable', 'denied'],
      ['', 'not-readable', 'denied'],
    ]);
  });

  test.each([
    ['nothing', Buffer.from('')],
    ['no greeting', Buffer.from('base /base\ndone\n')],
    ['no end', said(`${FILE} /base/a`).subarray(0, -6)],
    ['no numbers', said('zz 5 /base/a')],
    ['a size of its own kind', said('81a4 -5 /base/a')],
  ])('is no listing with %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow('the instance gave no complete answer');
  });

  test('ends where it is too much', async () => {
    const many = said(...Array.from({ length: 100_001 }, (_, index) => `${FILE} /base/${index}`));
    await expect(read(many)).rejects.toMatchObject({ code: 'too-many-files' });
    await expect(read(said(`${FILE} /base/${'x'.repeat(400_000)}`), { chunkBytes: 65_536 })).rejects.toThrow(
      /more than 262144 bytes at once/,
    );
    await expect(read(Buffer.alloc(3_000_000, 'noise'), { chunkBytes: 65_536 })).rejects.toThrow(/at once/);
  });
});
