import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OutputLog } from '../../../src/run/output-log.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

function open(path: string, keep = false): OutputLog {
  const log = new OutputLog(path, keep);
  onTestFinished(() => void log.close());
  return log;
}

describe('an output on disk', () => {
  test('is the same whatever part of it comes again', () => {
    const folder = tempDir();
    let number = 0;
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 100 }).map((all) => Buffer.from(all));
    const again = fc.array(fc.tuple(fc.nat(100), fc.nat(40)), { maxLength: 20 });
    fc.assert(
      fc.property(bytes, again, (whole, pieces) => {
        const path = join(folder, `${(number += 1)}.out`);
        const log = new OutputLog(path);
        const fresh: Buffer[] = [];
        const write = (from: number, length: number): void => {
          const part = log.write(from, whole.subarray(from, from + length));
          if (part !== null) fresh.push(part);
        };
        for (const [from, length] of pieces) write(Math.min(from, log.bytes), length);
        write(0, whole.length);
        expect(log.close()).toMatchObject({ path, bytes: whole.length });
        expect(readFileSync(path)).toEqual(whole);
        expect(Buffer.concat(fresh)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test("is nobody else's to read, and made with the first byte", () => {
    const path = join(tempDir(), 'a.out');
    const log = open(path);
    expect(log.write(0, Buffer.alloc(0))).toBeNull();
    expect(existsSync(path)).toBe(false);
    log.write(0, Buffer.from('x'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('that nothing was said to has no file', () => {
    const path = join(tempDir(), 'a.out');
    expect(new OutputLog(path).close()).toEqual({ path: null, bytes: 0, tail: '' });
    expect(existsSync(path)).toBe(false);
  });

  test('keeps its last lines for the screen', () => {
    const log = open(join(tempDir(), 'a.out'));
    log.write(0, Buffer.from(`${'x'.repeat(10_000)}\nlast\n`));
    expect(log.close().tail).toBe('last\n');
  });

  test('with a gap is an error', () => {
    const log = open(join(tempDir(), 'a.out'));
    log.write(0, Buffer.from('12345'));
    expect(() => log.write(6, Buffer.from('7'))).toThrow(new Error('output jumps from byte 5 to 6'));
  });

  test('takes the place of an older one', () => {
    const path = join(tempDir(), 'a.out');
    writeFileSync(path, 'much longer than the new one');
    const log = open(path);
    log.write(0, Buffer.from('new'));
    log.close();
    expect(readFileSync(path, 'utf8')).toBe('new');
  });
});

describe('an output that cannot be written', () => {
  test.each([
    ['to a full disk', () => '/dev/full', 'ENOSPC: no space left on device, write'],
    [
      'to a folder that is missing',
      () => join(tempDir(), 'missing', 'a.out'),
      /^ENOENT: no such file or directory, open/,
    ],
  ])('%s keeps the failure, and counts on', (_, pathOf, message) => {
    const log = open(pathOf());
    expect(log.write(0, Buffer.from('one\n'))?.toString()).toBe('one\n');
    expect(log.write(4, Buffer.from('two\n'))?.toString()).toBe('two\n');
    expect(log.failure?.message).toMatch(message);
    expect(log.close()).toMatchObject({ bytes: 8, tail: 'one\ntwo\n' });
  });
});

describe('an output that is taken up again', () => {
  test('goes on behind what is there', () => {
    const path = join(tempDir(), 'a.out');
    writeFileSync(path, 'before\n');
    const log = open(path, true);
    expect(log.bytes).toBe(7);
    expect(log.write(0, Buffer.from('before\nafter\n'))?.toString()).toBe('after\n');
    expect(log.close()).toEqual({ path, bytes: 13, tail: 'before\nafter\n' });
    expect(readFileSync(path, 'utf8')).toBe('before\nafter\n');
  });

  test('begins at a line where the beginning does not fit on the screen', () => {
    const path = join(tempDir(), 'a.out');
    writeFileSync(path, `${'x'.repeat(9000)}\nlast\n`);
    expect(open(path, true).close()).toEqual({ path, bytes: 9006, tail: 'last\n' });
  });

  test('starts anew where there is nothing yet', () => {
    const path = join(tempDir(), 'a.out');
    const log = open(path, true);
    log.write(0, Buffer.from('x'));
    log.close();
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  test('keeps the failure where it cannot be opened', () => {
    const log = open(tempDir(), true);
    expect(log.failure?.message).toMatch(/^EISDIR/);
  });
});
