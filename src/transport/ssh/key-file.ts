import { readFile, stat } from 'node:fs/promises';
import process from 'node:process';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import type { Problem } from '../../model/errors.ts';
import { formatMode } from '../../util/format.ts';
import { shellCommand } from '../../util/shell-quote.ts';
import { reasonOf } from '../../util/system-error.ts';
import { keyTypeOfBlob } from './fingerprint.ts';
import { publicPartOf } from './openssh-key.ts';
import { signQuickly } from './quick-sign.ts';

/** What stands in a file that should hold a private key. */
export type KeyFile =
  | { readonly kind: 'missing' }
  | { readonly kind: 'open'; readonly key: ParsedKey }
  | {
      readonly kind: 'encrypted';
      /** in wire format; null where an encrypted file does not tell (PEM) */
      readonly publicKey: Buffer | null;
      /** null for a passphrase that does not fit */
      readonly unlock: (passphrase: string) => ParsedKey | null;
    }
  /** the other half; it can still say which of the agent's keys is meant */
  | { readonly kind: 'public'; readonly publicKey: Buffer; readonly problem: Problem }
  | { readonly kind: 'unusable'; readonly problem: Problem };

/** Reads a key file; everything that can be wrong with it is a value. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) return unusable('key-not-private', `the SSH key ${path} is a folder; name the file`);
    const file = classify(path, await readFile(path));
    const isSecret = file.kind === 'open' || file.kind === 'encrypted';
    return isSecret && isTooOpen(info) ? unusable('key-too-open', tooOpenMessage(path, info.mode)) : file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' };
    return unusable('key-unreadable', `the SSH key ${path} cannot be read: ${reasonOf(error)}; check who may`);
  }
}

/** The public key of a file that holds nothing but that, in wire format; null where there is none. */
export async function readPublicKey(path: string): Promise<Buffer | null> {
  const content = await readFile(path).catch(() => Buffer.alloc(0));
  const key = parseKey(content);
  return key instanceof Error || key.isPrivateKey() ? null : key.getPublicSSH();
}

/** As ssh does: only our own files are judged, because a key mounted into a container may belong to somebody else. */
function isTooOpen({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return uid === process.getuid?.() && (mode & 0o077) !== 0;
}

function tooOpenMessage(path: string, mode: number): string {
  const octal = formatMode(mode & 0o777);
  return `the SSH key ${path} has mode ${octal}, which lets others read it; run: ${shellCommand(['chmod', '600', path])}`;
}

function classify(path: string, content: Buffer): KeyFile {
  const key = parseKey(content);
  if (!(key instanceof Error)) {
    if (key.isPrivateKey()) return { kind: 'open', key };
    const message = `the SSH key ${path} is a public key; name the private one, ${privateNameOf(path)}`;
    return { kind: 'public', publicKey: key.getPublicSSH(), problem: { code: 'key-is-public', message } };
  }
  const publicKey = publicPartOf(content);
  const type = publicKey === null ? null : keyTypeOfBlob(publicKey);
  if (type?.startsWith('sk-')) return unsupportedType(path, type);
  if (key.message.endsWith('no passphrase given')) return { kind: 'encrypted', publicKey, unlock: unlocker(content) };
  return classifyUnknown(path, content.toString('latin1'), key);
}

/** A security key signs by itself, which the ssh2 package has no way to ask for. */
function unsupportedType(path: string, type: string): KeyFile {
  const advice = 'use one of type ed25519, ecdsa or rsa';
  return unusable('key-unsupported', `the SSH key ${path} is of type ${type}, which is not supported; ${advice}`);
}

function privateNameOf(path: string): string {
  return path.endsWith('.pub') ? `most likely ${path.slice(0, -'.pub'.length)}` : 'which ssh-keygen writes beside it';
}

function unlocker(content: Buffer): (passphrase: string) => ParsedKey | null {
  return (passphrase) => {
    const key = parseKey(content, passphrase);
    return key instanceof Error ? null : key;
  };
}

/** Says of a file that ssh2 cannot use what it is. */
function classifyUnknown(path: string, text: string, error: Error): KeyFile {
  const convert = `convert it with: ${shellCommand(['ssh-keygen', '-p', '-f', path])}`;
  if (/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(text)) {
    return unusable('key-unsupported', `the SSH key ${path} is in PKCS#8 format, which is not supported; ${convert}`);
  }
  if (text.startsWith('PuTTY-User-Key-File-')) {
    const advice = 'export it from PuTTYgen as an OpenSSH key';
    return unusable('key-unsupported', `the SSH key ${path} is in a PuTTY format which is not supported; ${advice}`);
  }
  const type = /^sk-\S+/.exec(text)?.[0];
  if (type !== undefined) return unsupportedType(path, type);
  if (/^-----BEGIN .*PRIVATE KEY-----/m.test(text)) {
    return unusable('key-damaged', `the SSH key ${path} is damaged: ${error.message}`);
  }
  return unusable('key-not-private', `${path} does not hold a private SSH key; name the file that does`);
}

function unusable(code: string, message: string): KeyFile {
  return { kind: 'unusable', problem: { code, message } };
}

/** ssh2 returns what is wrong with a key, but throws for some damaged ones. */
function parseKey(content: Buffer, passphrase?: string): ParsedKey | Error {
  try {
    // at run time an OpenSSH file without any key gives undefined
    const key = ssh2.utils.parseKey(content, passphrase) as ParsedKey | Error | undefined;
    if (key === undefined) return new Error('it holds no key');
    return key instanceof Error ? key : signQuickly(key);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
