import { createHash } from 'node:crypto';

/**
 * A public key as one line of text, `<type> <base64>`: how host keys are pinned, shown and compared.
 * @param blob the key in SSH's wire format (RFC 4253, 6.6): it starts with its own type
 * @throws Error where the bytes are no public key
 */
export function keyTextOf(blob: Buffer): string {
  const type = keyTypeOfBlob(blob);
  if (type === null) throw new Error('the bytes are not an SSH public key');
  return `${type} ${blob.toString('base64')}`;
}

/** `SHA256:…` of a key text, exactly as `ssh-keygen -l` prints it. */
export function fingerprintOf(keyText: string): string {
  const blob = Buffer.from(keyText.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** `SHA256:… (ssh-ed25519)`: a key text for people. */
export function describeKey(keyText: string): string {
  return `${fingerprintOf(keyText)} (${keyTypeOf(keyText)})`;
}

/** The type of a key text, e.g. `ssh-ed25519`. */
export function keyTypeOf(keyText: string): string {
  return keyText.split(' ', 1)[0] as string;
}

/** The type that a key in wire format names in its first field, or null where there is none. */
export function keyTypeOfBlob(blob: Buffer): string | null {
  if (blob.length < 4) return null;
  const end = 4 + blob.readUInt32BE(0);
  const type = blob.subarray(4, end).toString('latin1');
  return end < blob.length && /^[a-z][\w@.-]+$/.test(type) ? type : null;
}
