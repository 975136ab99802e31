import { createHash } from 'node:crypto';
import { fingerprintOf } from './fingerprint.ts';

/** A host key as the console of an instance shows it. */
export interface ConsoleKey {
  /** `<type> <base64>`, `SHA256:…` or `MD5:aa:bb:…` */
  readonly mark: string;
  /** `ssh-ed25519` and the like, or null where it does not say */
  readonly type: string | null;
}

/** Names of the blocks that cloud-init prints, and what it writes into their lines. */
const BLOCKS = ['FINGERPRINTS', 'KEYS'] as const;

/** What ssh-keygen -l puts in brackets behind a fingerprint. */
const TYPES: Readonly<Record<string, string>> = { ED25519: 'ssh-ed25519', RSA: 'ssh-rsa', DSA: 'ssh-dss' };
/** ECDSA keys of other sizes are rare, and say theirs in front. */
const ECDSA_SIZES = ['256', '384', '521'];

const KEY = /\b(ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp(?:256|384|521)) (AAAA[A-Za-z0-9+/]+={0,2})(?=\s|$)/;
const SHA256 = /\b(\d+) SHA256:([A-Za-z0-9+/]{43})=?\s(?:.*\((\w+)\))?/;
const MD5 = /\b(\d+) (?:MD5:)?((?:[0-9a-f]{2}:){15}[0-9a-f]{2})\s(?:.*\((\w+)\))?/i;

/**
 * The host keys that cloud-init prints to the console at an instance's first boot, whole or by their fingerprints; each of
 * its lines may stand behind words of whoever passes it on (`ec2: `, `[   14.2] cloud-init[1021]: `). Where there are
 * several blocks the last one counts; one without its end may be cut, and counts for nothing.
 * @returns none where there is nothing to compare with yet
 */
export function readConsoleKeys(text: string): ConsoleKey[] {
  const lines = text.split(/\r?\n/);
  const found = BLOCKS.flatMap((name) => lastBlock(lines, name)).flatMap(readLine);
  return [...new Map(found.map((key) => [key.mark, key])).values()];
}

/** Whether a key, `<type> <base64>`, is one of these. */
export function isShown(keyText: string, keys: readonly ConsoleKey[]): boolean {
  const marks = [keyText, fingerprintOf(keyText), md5Of(keyText)];
  return keys.some(({ mark }) => marks.includes(mark));
}

function lastBlock(lines: readonly string[], name: (typeof BLOCKS)[number]): string[] {
  const end = lines.findLastIndex((line) => line.includes(`-----END SSH HOST KEY ${name}-----`));
  const begin = lines
    .slice(0, Math.max(0, end))
    .findLastIndex((line) => line.includes(`-----BEGIN SSH HOST KEY ${name}-----`));
  return begin === -1 ? [] : lines.slice(begin + 1, end);
}

function readLine(line: string): ConsoleKey[] {
  const [, type, base64] = KEY.exec(line) ?? [];
  if (type !== undefined && base64 !== undefined) return [{ mark: `${type} ${base64}`, type }];
  const [, size = '', digest, label] = SHA256.exec(`${line} `) ?? [];
  if (digest !== undefined) return [{ mark: `SHA256:${digest}`, type: typeOf(label, size) }];
  const [, bits = '', hex, kind] = MD5.exec(`${line} `) ?? [];
  return hex === undefined ? [] : [{ mark: `MD5:${hex.toLowerCase()}`, type: typeOf(kind, bits) }];
}

function typeOf(label: string | undefined, size: string): string | null {
  if (label === 'ECDSA') return ECDSA_SIZES.includes(size) ? `ecdsa-sha2-nistp${size}` : null;
  return TYPES[label ?? ''] ?? null;
}

function md5Of(keyText: string): string {
  const blob = Buffer.from(keyText.split(' ')[1] ?? '', 'base64');
  const hex = createHash('md5').update(blob).digest('hex');
  return `MD5:${(hex.match(/../g) ?? []).join(':')}`;
}
