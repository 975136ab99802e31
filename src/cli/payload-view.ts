import { join } from 'node:path';
import type { Payload, PayloadFile } from '../model/payload.ts';
import { nameOfEntry } from '../payload/environment.ts';
import { formatReference } from '../payload/payload-name.ts';
import type { Damage } from '../payload/verify.ts';
import { recordedVersion } from '../report/record-documents.ts';
import { formatTable } from '../report/table.ts';
import { harmless } from '../report/text.ts';
import type { AddedPayload, PayloadRecord } from '../state/payloads.ts';
import { formatBytes, formatMode, plural } from '../util/format.ts';

/** A version, as every JSON document shows it. */
export function versionDocument(record: PayloadRecord, stateDir: string): Readonly<Record<string, unknown>> {
  return {
    ...recordedVersion(record),
    path: join(stateDir, record.payloadPath),
    checksum_path: join(stateDir, record.checksumPath),
  };
}

export function listDocument(records: readonly PayloadRecord[], stateDir: string): unknown {
  return { schema: 1, payloads: records.map((record) => versionDocument(record, stateDir)) };
}

export function listText(records: readonly PayloadRecord[], columns: number | undefined): string {
  const rows = records.map((record) => [
    record.name,
    String(record.version),
    record.isActive ? 'active' : '',
    formatBytes(record.payloadSize),
    `${record.checksum.slice(0, 16)}…`,
    record.createdAt,
  ]);
  return formatTable(['NAME', 'VERSION', 'STATE', 'SIZE', 'SHA-256', 'CREATED'], rows, { columns });
}

/** What `show --json` adds: of the environment the names alone, as people keep secrets in values all the same. */
export function showDocument(record: PayloadRecord, { manifest }: Payload, stateDir: string): unknown {
  return {
    schema: 1,
    payload: {
      ...versionDocument(record, stateDir),
      interpreter: manifest.interpreter,
      entrypoint: manifest.entrypoint,
      environment: manifest.environment.map(nameOfEntry),
      files: manifest.files.map(fileDocument),
    },
  };
}

function fileDocument(file: PayloadFile): unknown {
  return {
    type: file.type,
    path: file.path,
    size_bytes: file.type === 'file' ? file.sizeBytes : null,
    mode: file.type === 'link' ? null : formatMode(file.mode),
    sha256: file.type === 'file' ? file.sha256 : null,
    target: file.type === 'link' ? file.target : null,
  };
}

export function showText(
  record: PayloadRecord,
  payload: Payload,
  stateDir: string,
  columns: number | undefined,
): string {
  const { manifest } = payload;
  const facts = [
    ['payload', `${formatReference(record)}${record.isActive ? ', active' : ''}`],
    ['created', record.createdAt],
    ['archive', `${join(stateDir, record.payloadPath)}, ${formatBytes(record.payloadSize)}`],
    ['sha256', record.checksum],
    ['script', `${manifest.entrypoint}, run by ${manifest.interpreter.join(' ')}`],
    ['env', manifest.environment.map(describeEntry).join(', ')],
    ['files', `${payload.fileCount}`],
  ].filter(([, text]) => text !== '');
  const lines = facts.map(([name = '', text = '']) => `${name.padEnd(9)}${harmless(text)}\n`).join('');
  if (manifest.files.length === 0) return lines;
  const rows = manifest.files.map((file) => [
    file.type === 'link' ? '' : formatMode(file.mode),
    file.type === 'file' ? formatBytes(file.sizeBytes) : '',
    `${file.path}${file.type === 'directory' ? '/' : ''}${file.type === 'link' ? ` -> ${file.target}` : ''}`,
  ]);
  return `${lines}\n${formatTable(['MODE', 'SIZE', 'PATH'], rows, { columns })}`;
}

/** A variable with a value is named; one without is to be given. */
function describeEntry(entry: string): string {
  return entry.includes('=') ? nameOfEntry(entry) : `${entry} (to be given)`;
}

/** One sentence of what `payload add` did. */
export function addedText({ record, change }: AddedPayload, payload: Payload): string {
  const reference = formatReference(record);
  if (change === 'none') return `${reference} is up to date: nothing has changed\n`;
  if (change === 'reactivated') return `${reference} is active again: it has this content\n`;
  return `added ${reference} (${plural(payload.fileCount, 'file')}, ${formatBytes(payload.sizeBytes)} packed)\n`;
}

/** A line each: `removed deploy@1`. */
export function removedText(records: readonly PayloadRecord[]): string {
  return records.map((record) => `removed ${formatReference(record)}\n`).join('');
}

/** A version, and what is wrong with it. */
export interface Verified {
  readonly record: PayloadRecord;
  readonly damages: readonly Damage[];
}

export function verifyDocument(all: readonly Verified[], stateDir: string): unknown {
  return {
    schema: 1,
    payloads: all.map(({ record, damages }) => ({
      ...versionDocument(record, stateDir),
      damages: damages.map(({ path, what }) => ({ path, message: harmless(what) })),
    })),
  };
}

export function verifyText(all: readonly Verified[], columns: number | undefined): string {
  const rows = all.flatMap(({ record, damages }) => {
    if (damages.length === 0) return [[formatReference(record), '', 'as it should be']];
    return damages.map(({ path, what }) => [formatReference(record), path, what]);
  });
  const damaged = all.filter(({ damages }) => damages.length > 0).length;
  const verdict = damaged === 0 ? 'nothing is damaged' : `${damaged} damaged`;
  const table = formatTable(['PAYLOAD', 'FILE', 'STATE'], rows, { columns });
  return `${table}\n${plural(all.length, 'version')}; ${verdict}.\n`;
}
