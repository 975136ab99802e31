import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface KeyPair {
  /** the private key, mode 0600; the public one stands beside it with `.pub` */
  readonly file: string;
  /** `<type> <base64>` */
  readonly publicKey: string;
}

/** Makes an ed25519 key pair. */
export function makeKeyPair(file: string, passphrase = ''): KeyPair {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', file]);
  return readKeyPair(file);
}

/** Reads the public half of a key pair that is there already. */
export function readKeyPair(file: string): KeyPair {
  const [type, base64] = readFileSync(`${file}.pub`, 'utf8').split(' ');
  return { file, publicKey: `${type} ${base64}`.trim() };
}
