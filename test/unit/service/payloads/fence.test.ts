import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, linkSync, mkdirSync, openSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { readFenced } from '../../../../src/service/payloads/fence.ts';
import { PROBLEMS } from '../../../../src/service/problems.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { asOrdinaryUser, failureOf } from '../../payload/support.ts';

const MAX_BYTES = 1000;

let folder: string;
let root: string;
let outside: string;

beforeEach(() => {
  folder = tempDir();
  chmodSync(folder, 0o755);
  root = join(folder, 'payloads');
  outside = join(folder, 'elsewhere');
  for (const path of [root, outside]) mkdirSync(path, { mode: 0o755 });
  writeFileSync(join(root, 'deploy.sh'), 'echo inside\n');
  writeFileSync(join(outside, 'secret.sh'), 'echo outside\n');
});

async function read(path: string, roots: readonly string[] = [root]): Promise<string> {
  return readFenced(path, { roots, maxBytes: MAX_BYTES }).bytes.toString();
}

/** Code and sentence of a refusal; the code is one that clients know. */
async function refused(path: string, roots: readonly string[] = [root]): Promise<readonly [string, string]> {
  const [exitCode, code, message] = await failureOf(() => read(path, roots));
  expect(exitCode).toBe(66);
  expect(Object.keys(PROBLEMS)).toContain(code);
  return [code, message.replaceAll(folder, '')];
}

describe('a path inside a root', () => {
  test.each<[string, (at: string) => string]>([
    ['as it is', (at) => `${at}/deploy.sh`],
    ['with doubled slashes', (at) => `/${at}//deploy.sh`],
    ['with dots', (at) => `${at}/./x/.././deploy.sh`],
    ['that goes out and in again in words', (at) => `${at}/../payloads/deploy.sh`],
  ])('is read: %s', async (_, write) => {
    const { path, bytes } = readFenced(write(root), { roots: [root], maxBytes: MAX_BYTES });
    expect(path).toBe(join(root, 'deploy.sh'));
    expect(bytes.toString()).toBe('echo inside\n');
  });

  test('may lead over links, as long as the file is inside', async () => {
    symlinkSync('deploy.sh', join(root, 'link.sh'));
    symlinkSync(root, join(outside, 'way-in'));
    symlinkSync(join(outside, 'way-in'), join(root, 'round'));
    for (const way of [`${root}/link.sh`, `${root}/round/deploy.sh`, `${outside}/way-in/link.sh`]) {
      expect(await read(way)).toBe('echo inside\n');
    }
  });

  test('is meant from a root that is a link itself, and from the folder it leads to', async () => {
    const alias = join(folder, 'alias');
    symlinkSync('payloads', alias);
    for (const roots of [[alias], [`${alias}/`], [root], [`${root}//`], [outside, alias]]) {
      expect(await read(`${alias}/deploy.sh`, roots)).toBe('echo inside\n');
      expect(await read(`${root}/deploy.sh`, roots)).toBe('echo inside\n');
    }
  });

  test('may be anywhere where the root is /', async () => {
    expect(await read(join(outside, 'secret.sh'), ['/'])).toBe('echo outside\n');
  });

  test('may be as large as the limit', async () => {
    writeFileSync(join(root, 'large.sh'), 'x'.repeat(MAX_BYTES));
    expect(await read(join(root, 'large.sh'))).toHaveLength(MAX_BYTES);
  });
});

const REFUSED =
  'does not lead into a folder that service.payload_roots allows; move the script there, register it, or upload it';
const MISSING = 'does not exist; check the path on the machine of the service';

describe('a path is refused', () => {
  test.each<[string, () => unknown, string, string, string]>([
    ['that is relative', () => 0, 'payloads/deploy.sh', 'path-not-absolute', 'is not absolute; begin it with a slash'],
    ['that is empty', () => 0, '', 'path-not-absolute', 'is not absolute; begin it with a slash'],
    ['that exists elsewhere', () => 0, 'ELSE/secret.sh', 'path-refused', REFUSED],
    ['that does not exist elsewhere', () => 0, 'ELSE/nothing.sh', 'path-refused', REFUSED],
    [
      'that leads out by a link',
      () => symlinkSync(outside, `${root}/out`),
      'ROOT/out/secret.sh',
      'path-refused',
      REFUSED,
    ],
    [
      'that leads to nothing by a link',
      () => symlinkSync(`${outside}/no`, `${root}/out`),
      'ROOT/out',
      'path-refused',
      REFUSED,
    ],
    [
      'that leads below nothing by a link',
      () => symlinkSync(`${outside}/no`, `${root}/out`),
      'ROOT/out/x',
      'path-refused',
      REFUSED,
    ],
    [
      'that leads out by a relative link',
      () => symlinkSync('../elsewhere', `${root}/out`),
      'ROOT/out/secret.sh',
      'path-refused',
      REFUSED,
    ],
    ['whose words begin like a root', () => mkdirSync(`${root}-more`), 'ROOT-more', 'path-refused', REFUSED],
    ['that is above the root', () => 0, 'ROOT/..', 'path-refused', REFUSED],
    ['that is missing', () => 0, 'ROOT/nothing.sh', 'payload-not-found', MISSING],
    ['that is below a file', () => 0, 'ROOT/deploy.sh/x', 'payload-not-found', MISSING],
    ['that is a file with a slash behind it', () => 0, 'ROOT/deploy.sh/', 'payload-not-found', MISSING],
    ['with too long a name', () => 0, `ROOT/${'x'.repeat(300)}`, 'payload-not-found', MISSING],
    ['that is a link to nothing inside', () => symlinkSync('no', `${root}/l`), 'ROOT/l', 'payload-not-found', MISSING],
    [
      'that is a link to itself',
      () => symlinkSync('l', `${root}/l`),
      'ROOT/l',
      'payload-unreadable',
      'cannot be read: its links lead round in a circle; allow it to the user of the service',
    ],
    [
      'that is a root',
      () => 0,
      'ROOT',
      'payload-not-a-file',
      'is a folder, not a regular file; name the script itself',
    ],
    [
      'that is a named pipe',
      () => execFileSync('mkfifo', [`${root}/pipe`]),
      'ROOT/pipe',
      'payload-not-a-file',
      'is a named pipe, not a regular file; name the script itself',
    ],
    [
      'of a file that is too large',
      () => writeFileSync(`${root}/x`, 'x'.repeat(MAX_BYTES + 1)),
      'ROOT/x',
      'payload-too-large',
      'has more than the 1000 bytes that service.payload_max_size allows; register what is larger with spot payload add, or upload it',
    ],
    [
      'of a file with a NUL',
      () => writeFileSync(`${root}/x`, 'ab\0'),
      'ROOT/x',
      'payload-not-text',
      'is not text (byte 3 is NUL); name a script',
    ],
    [
      'of a file of bytes',
      () => writeFileSync(`${root}/x`, '\xe4', 'latin1'),
      'ROOT/x',
      'payload-not-text',
      'is not text (it is not UTF-8); name a script',
    ],
    [
      'of an empty file',
      () => writeFileSync(`${root}/x`, ''),
      'ROOT/x',
      'payload-empty',
      'is empty; write the commands to run into it',
    ],
    [
      'of a file of blanks',
      () => writeFileSync(`${root}/x`, ' \r\n\t'),
      'ROOT/x',
      'payload-empty',
      'is empty; write the commands to run into it',
    ],
  ])('%s', async (_, prepare, path, code, what) => {
    prepare();
    const asked = path.replace('ROOT', root).replace('ELSE', outside);
    const shown = (asked === '' || !asked.startsWith('/') ? asked : join(asked)).replace(folder, '');
    expect(await refused(asked)).toEqual([code, `payload_path ${JSON.stringify(shown)} ${what}`]);
  });

  test('with a NUL, and one with control characters does not reach a terminal', async () => {
    expect((await refused(`${root}/deploy.sh\0.txt`))[0]).toBe('path-refused');
    const [, message] = await refused(`${root}/\u001b[2J\n`);
    expect(message).toContain('"/payloads/\\u001b[2J\\n"');
  });

  test('that is a socket', async () => {
    const server = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await refused(join(root, 'socket'))).toEqual([
      'payload-not-a-file',
      'payload_path "/payloads/socket" is a socket, not a regular file; name the script itself',
    ]);
  });

  test('that is a device, without opening it', async () => {
    expect((await refused('/dev/null', ['/dev']))[1]).toContain('is a device, not a regular file');
  });

  test('that its user may not read, or may not look into the folder of', async () => {
    writeFileSync(join(root, 'closed.sh'), 'true\n', { mode: 0o000 });
    mkdirSync(join(root, 'closed'), { mode: 0o000 });
    for (const name of ['closed.sh', 'closed/x.sh']) {
      expect(await asOrdinaryUser(() => refused(join(root, name)))).toEqual([
        'payload-unreadable',
        `payload_path "/payloads/${name}" cannot be read: permission denied; allow it to the user of the service`,
      ]);
    }
  });

  test('where there is no root', async () => {
    expect(await refused(join(root, 'deploy.sh'), [])).toEqual([
      'no-payload-roots',
      'this service takes no payload by its path, as service.payload_roots is empty; register it with spot payload add, or upload it',
    ]);
  });

  test('below a root that is missing, without an error of its own', async () => {
    const missing = join(folder, 'missing');
    expect((await refused(`${missing}/x.sh`, [missing]))[0]).toBe('payload-not-found');
    expect((await refused(`${root}/deploy.sh`, [missing]))[0]).toBe('path-refused');
    expect(await read(`${root}/deploy.sh`, [missing, root])).toBe('echo inside\n');
  });

  test('in the same words, whether or not what is outside exists', async () => {
    chmodSync(outside, 0o700);
    const ends = ['secret.sh', 'nothing.sh', 'secret.sh/below', 'nothing/below', '..', 'x'.repeat(300)];
    for (const [index, end] of ends.entries()) symlinkSync(`${outside}/${end}`, join(root, `link-${index}`));
    const said = await Promise.all(ends.map((_, index) => refused(join(root, `link-${index}`))));
    const shape = said.map(([code, message]) => `${code} ${message.replace(/link-\d/, 'link')}`);
    expect(new Set(shape).size).toBe(1);
    const direct = await Promise.all(ends.map((end) => refused(`${outside}/${end}`)));
    expect(new Set(direct.map(([code]) => code))).toEqual(new Set(['path-refused']));
  });
});

test('no file stays open, whatever was refused', async () => {
  const probe = openSync('/dev/null', 'r');
  closeSync(probe);
  linkSync(join(root, 'deploy.sh'), join(root, 'same.sh'));
  writeFileSync(join(root, 'bytes.sh'), '\0');
  const before = readdirSync('/proc/self/fd').length;
  for (const name of ['deploy.sh', 'same.sh', 'bytes.sh', 'none.sh', '..', '.']) {
    await read(join(root, name)).catch(() => undefined);
  }
  expect(readdirSync('/proc/self/fd').length).toBe(before);
});
