import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeKey, fingerprintOf, keyTextOf, keyTypeOf } from '../../../src/transport/ssh/fingerprint.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { FINGERPRINT_A, FINGERPRINT_ECDSA, KEY_A, KEY_ECDSA } from './key-texts.ts';
import { blobOf, makeKey, publicKeyOf } from './keys.ts';

describe.skipIf(requireProgram('ssh') === null)('a key made by ssh-keygen', () => {
  test.each([['ed25519'], ['ecdsa'], ['rsa']])('of type %s has the fingerprint that ssh-keygen -l prints', (type) => {
    const file = join(tempDir(), 'key');
    makeKey(file, '-t', type);
    const printed = execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' }).split(' ')[1];
    expect(fingerprintOf(publicKeyOf(file))).toBe(printed);
  });

  test('is the same text again when its wire format is read', () => {
    const file = join(tempDir(), 'key');
    makeKey(file, '-t', 'ecdsa');
    const text = publicKeyOf(file);
    expect(keyTextOf(blobOf(text))).toBe(text);
    expect(keyTypeOf(text)).toBe('ecdsa-sha2-nistp256');
  });
});

test('a key is described by its fingerprint and its type', () => {
  expect(describeKey(KEY_A)).toBe(FINGERPRINT_A);
  expect(describeKey(KEY_ECDSA)).toBe(FINGERPRINT_ECDSA);
});

test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['a length past the end', '\0\0\0\x20ssh-ed25519'],
  ['only a type', '\0\0\0\x07ssh-rsa'],
])('%s is not a key', (_, bytes) => {
  expect(() => keyTextOf(Buffer.from(bytes, 'latin1'))).toThrow('the bytes are not an SSH public key');
});
