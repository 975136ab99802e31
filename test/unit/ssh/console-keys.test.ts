import { expect, test } from 'vitest';
import { isShown, readConsoleKeys } from '../../../src/transport/ssh/console-keys.ts';
import { AMAZON_LINUX, ECDSA, ED25519, RSA, UBUNTU, WITH_MD5 } from './console-texts.ts';
import { KEY_A, KEY_ECDSA } from './key-texts.ts';

const [TYPE_ECDSA, TYPE_ED25519, TYPE_RSA] = ['ecdsa-sha2-nistp256', 'ssh-ed25519', 'ssh-rsa'];
const FINGERPRINTS = [
  { mark: ECDSA.sha256, type: TYPE_ECDSA },
  { mark: ED25519.sha256, type: TYPE_ED25519 },
  { mark: RSA.sha256, type: TYPE_RSA },
];

test.each([
  [
    'of Ubuntu',
    UBUNTU,
    [...FINGERPRINTS, { mark: ECDSA.key, type: TYPE_ECDSA }, { mark: ED25519.key, type: TYPE_ED25519 }],
  ],
  ['of Amazon Linux', AMAZON_LINUX, FINGERPRINTS],
  [
    'with MD5 fingerprints',
    WITH_MD5,
    [
      { mark: ECDSA.md5, type: TYPE_ECDSA },
      { mark: ED25519.md5, type: TYPE_ED25519 },
      { mark: RSA.md5, type: TYPE_RSA },
    ],
  ],
])('a console %s shows the host keys and nothing else', (_, text, keys) => {
  expect(readConsoleKeys(text)).toEqual(keys);
  for (const { key } of [ED25519, ECDSA]) expect(isShown(key, readConsoleKeys(text))).toBe(true);
  for (const key of [KEY_A, KEY_ECDSA]) expect(isShown(key, readConsoleKeys(text))).toBe(false);
});

const blockOf = (...lines: readonly string[]): string =>
  ['-----BEGIN SSH HOST KEY FINGERPRINTS-----', ...lines, '-----END SSH HOST KEY FINGERPRINTS-----', ''].join('\n');

test('the last of several blocks counts: host keys are made anew when an image becomes another instance', () => {
  const text = blockOf(`256 ${ED25519.sha256} a (ED25519)`) + blockOf(`256 ${ECDSA.sha256} b (ECDSA)`);
  expect(readConsoleKeys(text)).toEqual([{ mark: ECDSA.sha256, type: TYPE_ECDSA }]);
});

test.each([
  ['nothing', ''],
  ['no block', `256 ${ED25519.sha256} root (ED25519)\n`],
  ['a block without its end', `-----BEGIN SSH HOST KEY FINGERPRINTS-----\n256 ${ED25519.sha256} root (ED25519)\n`],
  ['an end without its beginning', `256 ${ED25519.sha256} root (ED25519)\n-----END SSH HOST KEY FINGERPRINTS-----\n`],
  ['an empty block', blockOf()],
  ['a fingerprint that is cut', blockOf(`256 ${ED25519.sha256.slice(0, -1)} root (ED25519)`)],
  ['an MD5 fingerprint that is cut', blockOf(`256 ${ED25519.md5.slice(0, -3)} root (ED25519)`)],
])('a console with %s shows no host key', (_, text) => {
  expect(readConsoleKeys(text)).toEqual([]);
});

test('a type that nobody knows is left out, and the fingerprint counts', () => {
  const lines = [`256 ${ED25519.sha256} root (ED448)`, `999 ${ECDSA.sha256} root (ECDSA)`, `2048 ${RSA.sha256} root`];
  expect(readConsoleKeys(blockOf(...lines)).map(({ type }) => type)).toEqual([null, null, null]);
  expect(isShown(ED25519.key, readConsoleKeys(blockOf(...lines)))).toBe(true);
});
