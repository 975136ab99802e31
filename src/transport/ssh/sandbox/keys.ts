import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';

/** An ed25519 key. */
export interface KeyPair {
  /** OpenSSH's format, not encrypted */
  readonly privateKey: string;
  /** `<type> <base64>` */
  readonly publicKey: string;
}

/** `string "ssh-ed25519"` and `string <32 bytes>` (RFC 8709), each with its length of 4 bytes in front */
const PUBLIC_KEY_BYTES = 4 + 11 + 4 + 32;

/**
 * Makes an ed25519 key. ssh2 (1.17, lib/keygen.js) drops leading zero bytes of the public half, which spoils one key
 * in 256: such a key is too short, and another one is made.
 */
export function generateKey(): KeyPair {
  let pair: KeyPair;
  do {
    const generated = ssh2.utils.generateKeyPairSync('ed25519');
    pair = { privateKey: generated.private, publicKey: generated.public };
  } while (publicBlob(pair).length !== PUBLIC_KEY_BYTES);
  return pair;
}

/** @throws Error where the text is no public key */
export function parsePublicKey(publicKey: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(publicKey);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

/**
 * Writes `id_ed25519` (0600) and `id_ed25519.pub` into a new folder (0700).
 * @returns the path of the private key
 */
export async function writeKey(folder: string, pair: KeyPair): Promise<string> {
  await mkdir(folder, { mode: 0o700 });
  const path = join(folder, 'id_ed25519');
  await writeFile(path, pair.privateKey, { mode: 0o600 });
  await writeFile(`${path}.pub`, `${pair.publicKey}\n`);
  return path;
}

function publicBlob(pair: KeyPair): Buffer {
  return Buffer.from(pair.publicKey.split(' ')[1] ?? '', 'base64');
}
