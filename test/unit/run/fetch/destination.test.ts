import fc from 'fast-check';
import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Destination, staysInside } from '../../../../src/run/fetch/destination.ts';
import type { RemoteEntry } from '../../../../src/run/fetch/listing.ts';
import { folderNames, openWorkplace } from '../../../../src/run/fetch/workplace.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

function entry(path: string, kind: RemoteEntry['kind'] = 'file', sizeBytes = 1): RemoteEntry {
  return { kind, path, remotePath: `/x/${path}`, sizeBytes, mode: 0o644 };
}

describe('a link that is fetched', () => {
  test.each([
    ['a', 'b'],
    ['a', './b/c'],
    ['a/b', '../c'],
    ['a/b/c', '../../d/e'],
    ['a/b', '..'],
    ['a', '.'],
  ])('%s may lead to %s', (path, target) => {
    expect(staysInside(path, target)).toBe(true);
  });

  test.each([
    ['a', '/etc/passwd'],
    ['a', '..'],
    ['a', '../b'],
    ['a/b', '../../c'],
    ['a', 'b/..'],
    ['a', 'b/../../c'],
    ['a/b', './../../c'],
    ['a', ''],
  ])('%s may not lead to %j', (path, target) => {
    expect(staysInside(path, target)).toBe(false);
  });

  /** Whatever links a host makes up: where one leads anywhere, it leads inside. */
  test('never leads outside, through however many others', () => {
    const part = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const target = fc
      .array(fc.constantFrom('..', '.', '', 'a', 'b', 'c'), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.join('/'));
    let led = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(path, target), { maxLength: 8 }), (links) => {
        const root = join(tempDir(), 'inside');
        const made = links.filter(([at, to]) => staysInside(at, to) && makeLink(root, at, to));
        for (const [at] of made) {
          const end = realPathOf(join(root, at));
          if (end !== null) led += 1;
          expect(end === null || end === root || end.startsWith(`${root}/`), `${at} leads to ${end}`).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(led).toBeGreaterThan(50);
  });

  /** As the destination does: below folders alone. */
  function makeLink(root: string, at: string, to: string): boolean {
    try {
      for (let folder = dirname(at); folder !== '.'; folder = dirname(folder)) {
        if (lstatSync(join(root, folder), { throwIfNoEntry: false })?.isSymbolicLink() === true) return false;
      }
      mkdirSync(join(root, dirname(at)), { recursive: true });
      symlinkSync(to, join(root, at));
      return true;
    } catch {
      return false;
    }
  }

  function realPathOf(path: string): string | null {
    try {
      return realpathSync(path);
    } catch {
      return null;
    }
  }
});

describe('the folder of an instance', () => {
  test('says what stands in the way, and changes nothing', async () => {
    const root = tempDir();
    mkdirSync(join(root, 'folder'));
    writeFileSync(join(root, 'file'), 'x');
    symlinkSync('/etc', join(root, 'link'));
    symlinkSync('file', join(root, 'to-file'));
    const destination = new Destination(root);
    const entries = [
      entry('new/er'),
      entry('file'),
      entry('file', 'file', 2),
      entry('folder'),
      entry('file/x'),
      entry('link/x'),
      entry('to-file'),
      entry('link', 'folder'),
      entry('folder', 'folder'),
      entry('y'.repeat(300)),
    ];
    const standings = [];
    for (const one of entries) standings.push(await destination.look(one));
    expect(
      standings.map((standing) => ('message' in standing ? standing.message.split(';')[0] : standing.state)),
    ).toEqual([
      'absent',
      'candidate',
      'other',
      'a folder has its name here',
      'file is no folder here',
      'link is no folder here',
      'other',
      'something else has its name here',
      'other',
      'its name is too long for this system',
    ]);
    expect(readdirSync(root).sort()).toEqual(['file', 'folder', 'link', 'to-file']);
  });

  test('never writes through a link, also one that came meanwhile', async () => {
    const root = tempDir();
    const outside = tempDir();
    const destination = new Destination(join(root, 'web-1'));
    await destination.makeFolder('');
    symlinkSync(outside, join(root, 'web-1/sub'));
    writeFileSync(join(root, 'temporary'), 'x');
    await expect(destination.placeFile('sub/file', join(root, 'temporary'))).rejects.toMatchObject({
      code: 'not-written',
    });
    expect(readdirSync(outside)).toEqual([]);
    symlinkSync(join(outside, 'harm'), join(root, 'web-1/file'));
    await destination.placeFile('file', join(root, 'temporary'));
    expect([
      readdirSync(outside),
      readFileSync(join(root, 'web-1/file'), 'utf8'),
      lstatSync(join(root, 'web-1/file')).isFile(),
    ]).toEqual([[], 'x', true]);
  });
});

describe('the names of the folders', () => {
  test.each([
    [
      [
        ['i-1', 'web-1'],
        ['i-2', null],
      ],
      ['web-1', 'i-2'],
    ],
    [
      [
        ['i-1', 'web'],
        ['i-2', 'web'],
        ['i-3', 'db'],
      ],
      ['i-1', 'i-2', 'db'],
    ],
    [
      [
        ['i-1', '../../etc'],
        ['i-2', '..'],
        ['i-3', ''],
      ],
      ['_./.._etc'.replaceAll('/', '_'), '_.', '_'],
    ],
    [
      [
        ['a/b', null],
        ['a_b', null],
      ],
      ['a/b'.replace('/', '_'), 'a_b_2'],
    ],
    [
      [
        ['i-1', '.fetching-x'],
        ['10.0.0.4:22', null],
      ],
      ['_fetching-x', '10.0.0.4:22'],
    ],
  ] as [[string, string | null][], string[]][])('of %j are %j', (instances, names) => {
    expect(folderNames(instances.map(([instanceId, name]) => ({ instanceId, name })))).toEqual(names);
  });
});

describe('the workplace', () => {
  test('goes, with the folder that was made for it if nothing came into it', async () => {
    const root = tempDir();
    const first = await openWorkplace(join(root, 'a/b'), Date.now());
    await first.remove();
    expect(readdirSync(root)).toEqual([]);
    const second = await openWorkplace(join(root, 'a/b'), Date.now());
    writeFileSync(join(root, 'a/b/result'), '');
    await second.remove();
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(['a', 'a/b', 'a/b/result']);
  });

  test('of somebody who was killed goes a day later, and not before', async () => {
    const root = tempDir();
    const killed = await openWorkplace(root, Date.now());
    const meanwhile = await openWorkplace(root, Date.now() + 3_600_000);
    expect(readdirSync(root)).toHaveLength(2);
    await meanwhile.remove();
    const later = await openWorkplace(root, Date.now() + 25 * 3_600_000);
    await later.remove();
    expect([readdirSync(root), killed.path.startsWith(root)]).toEqual([[], true]);
  });
});
