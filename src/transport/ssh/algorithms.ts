import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';
import { keyTypeOf } from './fingerprint.ts';

/** ssh2's own defaults, in its order (`DEFAULT_SERVER_HOST_KEY` in lib/protocol/constants.js of ssh2 1.17). */
const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/**
 * What to offer a host whose pinned or known keys are given (`<type> <base64>`; empty at first contact).
 *
 * Key exchange and ciphers are left to ssh2: its order is the fastest safe one (curve25519; AES-128-GCM, or ChaCha20
 * first on a CPU without AES instructions), followed by what older servers have. A test holds this. Compression is
 * off: the archive is compressed already.
 */
export function algorithmsFor(hostKeys: readonly string[]): Algorithms {
  return { serverHostKey: serverHostKeyAlgorithms(hostKeys), compress: ['none'] };
}

/**
 * Puts the algorithms of the keys we know first. A host has several keys and shows the one we ask for first: without
 * this, a host known by its RSA key would show its Ed25519 key and look like another host.
 */
export function serverHostKeyAlgorithms(hostKeys: readonly string[]): ServerHostKeyAlgorithm[] {
  const types = new Set(hostKeys.map(keyTypeOf));
  const isKnown = (algorithm: ServerHostKeyAlgorithm): boolean => types.has(keyTypeFor(algorithm));
  const known = HOST_KEY_ALGORITHMS.filter(isKnown);
  return [...known, ...HOST_KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm))];
}

/** An RSA key signs in three ways; its type is always `ssh-rsa` (RFC 8332, 3). */
function keyTypeFor(algorithm: ServerHostKeyAlgorithm): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}
