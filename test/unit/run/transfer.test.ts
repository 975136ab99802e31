import { describe, expect, test } from 'vitest';
import { prefersSftp } from '../../../src/run/transfer.ts';

const MiB = 1024 * 1024;

describe('an archive goes by SFTP', () => {
  test.each([
    ['auto', 20, 8 * MiB, true],
    ['auto', 20.1, 8 * MiB, false],
    ['auto', 20, 8 * MiB + 1, false],
    ['auto', 0.1, 100, true],
    ['sftp', 500, 500 * MiB, true],
    ['stream', 0.1, 100, false],
  ] as const)('%s at %d ms, %d bytes: %s', (mode, roundTripMs, bytes, preferred) => {
    expect(prefersSftp(mode, roundTripMs, bytes)).toBe(preferred);
  });
});
