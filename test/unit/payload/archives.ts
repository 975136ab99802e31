import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar/header';
import type { Manifest, PayloadFile } from '../../../src/model/payload.ts';
import type { ScannedEntry } from '../../../src/payload/entries.ts';
import { formatManifest } from '../../../src/payload/manifest.ts';
import { encodeHeader, END_OF_ARCHIVE, paddingAfter } from '../../../src/payload/tar-entry.ts';

export const SCRIPT = Buffer.from('echo hello\n');

export function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

export function aFile(path: string, content: string, mode = 0o644): PayloadFile {
  return { type: 'file', path, sizeBytes: Buffer.byteLength(content), mode, sha256: sha256Of(content) };
}

export function aManifest(files: readonly PayloadFile[] = [], change: Partial<Manifest> = {}): Manifest {
  return {
    version: 'v1',
    interpreter: ['bash'],
    entrypoint: 'script.sh',
    environment: [],
    files,
    metadata: { name: 'web' },
    ...change,
  };
}

/** An entry as `spot` writes it. @param content of a file */
export function entry(file: ScannedEntry, content: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([encodeHeader(file), bytes, paddingAfter(bytes.length)]);
}

/** An entry of any kind that tar knows. */
export function foreignEntry(data: HeaderData, content: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(content);
  const record = Buffer.alloc(512);
  new Header({ mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), size: bytes.length, ...data }).encode(record);
  return Buffer.concat([record, bytes, paddingAfter(bytes.length)]);
}

/** An extended header with these lines, each with its length in front. */
export function extension(lines: readonly string[], type: HeaderData['type'] = 'ExtendedHeader'): Buffer {
  const counted = lines.map((line) => {
    const rest = ` ${line}\n`;
    const digits = [1, 2, 3, 4, 5].find((count) => String(Buffer.byteLength(rest) + count).length === count) ?? 1;
    return `${Buffer.byteLength(rest) + digits}${rest}`;
  });
  return foreignEntry({ path: 'PaxHeader/x', type }, counted.join(''));
}

/** Changes bytes of a header and counts its sum anew. */
export function patched(record: Buffer, offset: number, bytes: string): Buffer {
  const copy = Buffer.from(record);
  copy.write(bytes, offset, 'latin1');
  copy.write('        ', 148, 'latin1');
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

/** Manifest and script, as they stand in front of every archive. */
export function headOf(manifest: Manifest, yaml = formatManifest(manifest)): Buffer[] {
  const path = 'manifest.yaml';
  return [
    entry({ type: 'file', path, mode: 0o600, sizeBytes: Buffer.byteLength(yaml) }, yaml),
    entry({ type: 'file', path: manifest.entrypoint, mode: 0o700, sizeBytes: SCRIPT.length }, SCRIPT),
  ];
}

export const FILES = entry({ type: 'directory', path: 'files', mode: 0o700 });

/** @param parts entries, without the end of the archive */
export function zipped(...parts: readonly Buffer[]): Buffer {
  return gzipSync(Buffer.concat([...parts, END_OF_ARCHIVE]), { level: 1 });
}

/** One that nobody could object to. */
export function goodArchive(change: Partial<Manifest> = {}): Buffer {
  return zipped(
    ...headOf(aManifest([aFile('a', 'content')], change)),
    FILES,
    entry(inFiles('a', 'content'), 'content'),
  );
}

export function inFiles(path: string, content: string, mode = 0o644): PayloadFile {
  return aFile(`files/${path}`, content, mode);
}
