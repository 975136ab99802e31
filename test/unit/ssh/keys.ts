import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Makes a key pair with ssh-keygen: `file` and `file.pub`. */
export function makeKey(file: string, ...args: readonly string[]): void {
  const type = args.includes('-t') ? [] : ['-t', 'ed25519'];
  const passphrase = args.includes('-N') ? [] : ['-N', ''];
  // an RSA key of the default length takes seconds to make
  const bits = args.includes('rsa') ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-C', 'test', ...type, ...bits, ...passphrase, '-f', file, ...args]);
}

/** `<type> <base64>` of a key made by `makeKey`. */
export function publicKeyOf(file: string): string {
  return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
}

/** The same in wire format. */
export function blobOf(keyText: string): Buffer {
  return Buffer.from(keyText.split(' ')[1] as string, 'base64');
}

/** Puts the passphrase `secret` on a key. */
export function encrypt(file: string): void {
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', file], { stdio: 'ignore' });
}
