/** First bytes of OpenSSH's own format of private keys (PROTOCOL.key). */
const MAGIC = 'openssh-key-v1\0';

/**
 * The public key that OpenSSH's format leaves readable in an encrypted file, in wire format: enough to see whether the
 * agent has the key, so that nobody has to be asked for a passphrase.
 * @returns null for other formats
 */
export function publicPartOf(content: Buffer): Buffer | null {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+)-----END/.exec(content.toString('latin1'))?.[1];
  const data = Buffer.from(base64 ?? '', 'base64');
  if (!data.toString('latin1').startsWith(MAGIC)) return null;
  // cipher, kdf and its options, each with its length before it; then the number of keys; then the first public one
  let at: number | null = MAGIC.length;
  for (let skipped = 0; skipped < 3 && at !== null; skipped += 1) at = endOfField(data, at);
  if (at === null) return null;
  const start = at + 4;
  const end = endOfField(data, start);
  return end === null ? null : data.subarray(start + 4, end);
}

function endOfField(data: Buffer, at: number): number | null {
  if (at + 4 > data.length) return null;
  const end = at + 4 + data.readUInt32BE(at);
  return end <= data.length ? end : null;
}
