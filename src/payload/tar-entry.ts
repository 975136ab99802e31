import type { HeaderData } from 'tar/header';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import type { ScannedEntry } from './entries.ts';

/** Of every entry, so that equal content has one digest. The year 1980, as tar programs warn of times near 1970. */
const MODIFIED_AT = new Date(Date.UTC(1980, 0, 1));

/** Size of a tar record, POSIX 1003.1 "pax"; headers and contents are padded to it. */
export const RECORD_BYTES = 512;

/** What ends an archive: two empty records. */
export const END_OF_ARCHIVE = Buffer.alloc(2 * RECORD_BYTES);

/**
 * The header of an entry: one record, after extended ones where a name or a size does not fit or is not ASCII.
 * @param entry its path is the one inside the archive
 */
export function encodeHeader(entry: ScannedEntry): Buffer {
  const data = headerData(entry);
  const header = new Header(data);
  const record = Buffer.alloc(RECORD_BYTES);
  const needsExtension = header.encode(record);
  return needsExtension ? Buffer.concat([new Pax(data).encode(), record]) : record;
}

/** What has to follow a content of so many bytes. */
export function paddingAfter(sizeBytes: number): Buffer {
  return Buffer.alloc((RECORD_BYTES - (sizeBytes % RECORD_BYTES)) % RECORD_BYTES);
}

function headerData(entry: ScannedEntry): HeaderData {
  const common = { uid: 0, gid: 0, mtime: MODIFIED_AT };
  switch (entry.type) {
    case 'file':
      return { ...common, type: 'File', path: entry.path, mode: entry.mode, size: entry.sizeBytes };
    case 'directory':
      return { ...common, type: 'Directory', path: `${entry.path}/`, mode: entry.mode, size: 0 };
    case 'link':
      return { ...common, type: 'SymbolicLink', path: entry.path, mode: 0o777, size: 0, linkpath: entry.target };
  }
}
