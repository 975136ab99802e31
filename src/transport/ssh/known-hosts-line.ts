import { keyTypeOfBlob } from './fingerprint.ts';

/** A key that a line of known_hosts holds, and where the line is. */
export interface KnownKey {
  /** `<type> <base64>` */
  readonly key: string;
  readonly file: string;
  /** from 1 */
  readonly line: number;
}

/** What a line says about its key: it is the host's, it must not be used, it signs host certificates. */
export type KeyRole = 'host' | 'revoked' | 'authority';

/** A name that was hashed, so that the file does not tell where its owner logs in: HMAC-SHA1 of it under the salt. */
export interface HashedName {
  readonly salt: Buffer;
  readonly digest: Buffer;
}

export interface KnownHostsLine {
  readonly role: KeyRole;
  /** patterns in lower case, or one hashed name */
  readonly names: readonly string[] | HashedName;
  /** `<type> <base64>` */
  readonly key: string;
}

const ROLES: Readonly<Record<string, KeyRole>> = { '@cert-authority': 'authority', '@revoked': 'revoked' };

/**
 * Reads one line of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
 * @returns null for an empty line or a comment, `broken` for one that says nothing usable
 */
export function parseKnownHostsLine(text: string): KnownHostsLine | 'broken' | null {
  const fields = text.trim().split(/\s+/);
  if (fields[0] === '' || fields[0]?.startsWith('#')) return null;
  const marked = fields[0]?.startsWith('@') === true;
  const role = marked ? ROLES[fields.shift() as string] : 'host';
  const [hosts, type, base64] = fields;
  if (role === undefined || hosts === undefined || type === undefined || base64 === undefined) return 'broken';
  const names = hosts.startsWith('|') ? parseHashedName(hosts) : hosts.toLowerCase().split(',');
  const blob = Buffer.from(base64, 'base64');
  if (names === null || keyTypeOfBlob(blob) !== type) return 'broken';
  return { role, names, key: `${type} ${blob.toString('base64')}` };
}

/** `|1|<salt>|<digest>`, both in base64; 1 is the only scheme there is. */
function parseHashedName(field: string): HashedName | null {
  const [, salt, digest] = /^\|1\|([\w+/=]+)\|([\w+/=]+)$/.exec(field) ?? [];
  if (salt === undefined || digest === undefined) return null;
  return { salt: Buffer.from(salt, 'base64'), digest: Buffer.from(digest, 'base64') };
}
