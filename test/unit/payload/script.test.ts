import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readScript } from '../../../src/payload/script.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { asOrdinaryUser, failureOf } from './support.ts';

const LIMITS = { maxBytes: 100 };

let path: string;

beforeEach(() => {
  const folder = tempDir();
  chmodSync(folder, 0o755);
  path = join(folder, 'deploy.sh');
});

describe('a script that is in order', () => {
  test('is read byte by byte, with its name and its interpreter', async () => {
    const bytes = Buffer.concat([Buffer.from('#!/bin/sh -e\necho '), Buffer.from([0xe4, 0xff]), Buffer.from('\n')]);
    writeFileSync(path, bytes);
    expect(await readScript(path, LIMITS)).toEqual({
      path,
      name: 'deploy.sh',
      bytes,
      interpreter: ['/bin/sh', '-e'],
      warnings: [],
    });
  });

  test('may be as large as the limit', async () => {
    writeFileSync(path, 'x'.repeat(100));
    expect((await readScript(path, LIMITS)).bytes).toHaveLength(100);
  });

  test('may be a link to a file', async () => {
    writeFileSync(`${path}.real`, 'true\n');
    symlinkSync('deploy.sh.real', path);
    expect((await readScript(path, LIMITS)).name).toBe('deploy.sh');
  });
});

describe('a script is refused', () => {
  test.each<[string, () => void, string, string]>([
    ['that does not exist', () => {}, 'script-missing', 'there is no script at PATH; check the path'],
    [
      'that is a folder',
      () => mkdirSync(path),
      'script-is-folder',
      'the script PATH is a folder; name the file to run, and send a folder along with --files',
    ],
    [
      'that is a named pipe',
      () => execFileSync('mkfifo', [path]),
      'script-is-special',
      'the script PATH is a named pipe, not a regular file; save it to a file first',
    ],
    [
      'that is empty',
      () => writeFileSync(path, ''),
      'script-empty',
      'the script PATH is empty; write the commands to run into it',
    ],
    [
      'that holds blanks only',
      () => writeFileSync(path, ' \t\r\n\n'),
      'script-empty',
      'the script PATH is empty; write the commands to run into it',
    ],
    [
      'that is over the limit',
      () => writeFileSync(path, 'x'.repeat(101)),
      'script-too-large',
      'the script PATH has 101 bytes, more than the 100 allowed; ' +
        'move its data into the files folder, or raise limits.script_max_size',
    ],
    [
      'that is not text',
      () => writeFileSync(path, '\x7fELF\0\0'),
      'script-not-text',
      'the script PATH is not text (byte 5 is NUL); put programs into the files folder and start them from a script',
    ],
    [
      'that may not be read',
      () => writeFileSync(path, 'true\n', { mode: 0o000 }),
      'script-unreadable',
      'the script PATH cannot be read: permission denied; allow it with: chmod u+r PATH',
    ],
    [
      'that cannot be read for another reason',
      () => symlinkSync('deploy.sh', path),
      'script-unreadable',
      'the script PATH cannot be read: too many symbolic links encountered; ' + 'check the path and its file system',
    ],
  ])('%s', async (_, prepare, code, message) => {
    prepare();
    const failure = await asOrdinaryUser(() => failureOf(() => readScript(path, LIMITS)));
    expect(failure).toEqual([66, code, message.replaceAll('PATH', path)]);
  });

  test('below something that is no folder', async () => {
    writeFileSync(path, 'true\n');
    const below = join(path, 'more.sh');
    const message = `there is no script at ${below}; check the path`;
    expect(await failureOf(() => readScript(below, LIMITS))).toEqual([66, 'script-missing', message]);
  });
});

describe('a script from Windows is sent as it is, with a warning', () => {
  test.each([
    [
      'about its lines',
      'echo a\necho b\r\n',
      [
        'PATH has lines that end in CRLF: a shell takes each carriage return for a part of the command; ' +
          "convert it with: sed -i 's/\\r$//' PATH",
      ],
    ],
    [
      'about its interpreter line too',
      '#!/bin/bash -e\r\necho b\r\n',
      [
        'PATH has lines that end in CRLF: the interpreter line ends in a carriage return, which is left out to run it ' +
          'by /bin/bash -e, and a shell takes each carriage return for a part of the command; ' +
          "convert it with: sed -i 's/\\r$//' PATH",
      ],
    ],
    [
      'about its byte order mark',
      '\uFEFF#!/bin/sh\necho\n',
      [
        'PATH begins with a byte order mark, which /bin/sh may take for a part of the first command; ' +
          "remove it with: sed -i '1s/^\\xEF\\xBB\\xBF//' PATH",
      ],
    ],
  ])('%s', async (_, text, warnings) => {
    writeFileSync(path, text);
    const script = await readScript(path, LIMITS);
    expect(script.warnings).toEqual(warnings.map((warning) => warning.replaceAll('PATH', path)));
    expect(script.bytes.toString()).toBe(text);
  });

  test('that mends it when it is followed', async () => {
    writeFileSync(path, '\uFEFF#!/bin/sh\r\necho b\r\n');
    for (const warning of (await readScript(path, LIMITS)).warnings) {
      execFileSync('sh', ['-c', warning.slice(warning.indexOf('sed '))]);
    }
    const mended = await readScript(path, LIMITS);
    expect(mended.bytes.toString()).toBe('#!/bin/sh\necho b\n');
    expect(mended.warnings).toEqual([]);
  });
});
