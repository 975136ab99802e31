import type { Header } from 'tar/header';

/** "ustar", NUL, "00" (POSIX 1003.1): with any other, programs do not agree on what the rest of a header means. */
const MAGIC = 'ustar\x0000';
const MAGIC_OFFSET = 257;
const SIZE = { offset: 124, length: 12 } as const;

/** What the tar package writes into an extended header. */
const KEYS: ReadonlySet<string> = new Set(['path', 'linkpath', 'size', 'mtime', 'uid', 'gid']);

/**
 * Refuses a header that this program would not have written, and that another one may take for something else.
 * @throws Error that says what is wrong with the archive
 */
export function requirePlainHeader(record: Buffer, header: Header): void {
  const magic = record.toString('latin1', MAGIC_OFFSET, MAGIC_OFFSET + MAGIC.length);
  if (magic !== MAGIC) throw new Error('a header is not of the format ustar');
  if (header.type === 'File' || header.type === 'ExtendedHeader') return;
  const size = record.toString('latin1', SIZE.offset, SIZE.offset + SIZE.length);
  if (/[^0 \0]/.test(size)) throw new Error('an entry that is no file has a content');
}

/**
 * The same for an extended header, line by line as POSIX has it: `<length> <key>=<value>`.
 * @throws Error that says what is wrong with the archive
 */
export function requirePlainExtension(content: Buffer): void {
  const seen = new Set<string>();
  for (let at = 0; at < content.length;) {
    const length = Number.parseInt(content.toString('latin1', at, at + 10), 10);
    const line = content.toString('utf8', at, at + (length || 0));
    const [, digits, key = '', value = ''] = /^(\d+) ([^=]+)=([^\n\0]+)\n$/.exec(line) ?? [];
    if (Number(digits) !== length || Buffer.byteLength(line) !== length || !KEYS.has(key) || seen.has(key)) {
      throw new Error('an extended header says something that is not known');
    }
    if (key === 'size' && !/^\d+$/.test(value)) throw new Error('an extended header has a size that is no number');
    seen.add(key);
    at += length;
  }
}
