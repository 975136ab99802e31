import { isUtf8 } from 'node:buffer';
import { fstatSync, readSync } from 'node:fs';
import { isBlankText } from '../../payload/script.ts';
import { reasonOf } from '../../util/system-error.ts';
import { pathRefusal, unreadable } from './refusal.ts';

/**
 * Reads a script from an open file, bounded: a file may grow after it was looked at.
 * @param file its descriptor
 * @param path as it stands in messages
 * @throws SpotError (exit 66) `payload-unreadable`, `payload-too-large`, `payload-not-text`, `payload-empty`
 */
export function readText(file: number, path: string, maxBytes: number): Buffer {
  const bytes = readUpTo(file, path, maxBytes + 1);
  if (bytes.length > maxBytes) {
    const what = `has more than the ${maxBytes} bytes that service.payload_max_size allows; register what is larger with spot payload add, or upload it`;
    throw pathRefusal('payload-too-large', path, what);
  }
  const nul = bytes.indexOf(0);
  const flaw = nul === -1 ? 'it is not UTF-8' : `byte ${nul + 1} is NUL`;
  if (nul !== -1 || !isUtf8(bytes)) {
    throw pathRefusal('payload-not-text', path, `is not text (${flaw}); name a script`);
  }
  if (isBlankText(bytes)) {
    throw pathRefusal('payload-empty', path, 'is empty; write the commands to run into it');
  }
  return bytes;
}

function readUpTo(file: number, path: string, maxBytes: number): Buffer {
  try {
    // one byte more than there should be: a file that does not fill it has ended
    let buffer = Buffer.allocUnsafe(Math.min(fstatSync(file).size + 1, maxBytes));
    let filled = 0;
    for (;;) {
      filled += readSync(file, buffer, filled, buffer.length - filled, filled);
      if (filled < buffer.length || filled === maxBytes) return buffer.subarray(0, filled);
      buffer = Buffer.concat([buffer], Math.min(buffer.length * 2, maxBytes));
    }
  } catch (error) {
    throw unreadable(path, reasonOf(error));
  }
}
