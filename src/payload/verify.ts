import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, PayloadFile } from '../model/payload.ts';
import type { PayloadRecord } from '../state/payloads.ts';
import { digestOf } from '../util/file-digest.ts';
import { formatMode } from '../util/format.ts';
import { reasonOf } from '../util/system-error.ts';
import { FILES_NAME, MANIFEST_NAME } from './archive-content.ts';
import { parseManifest } from './parse-manifest.ts';
import { type ArchiveEntry, readArchive } from './read-archive.ts';
import { checksumText } from './store.ts';

/** Something that is not as the registry or the manifest says. */
export interface Damage {
  /** of a file on disk relative to the state folder, or inside the archive */
  readonly path: string;
  /** what is wrong, to be read behind the path, e.g. `is missing` */
  readonly what: string;
}

/** Compares a version with what is on disk: its archive with the registry, everything in it with the manifest. */
export async function verifyVersion(record: PayloadRecord, stateDir: string): Promise<Damage[]> {
  const path = join(stateDir, record.payloadPath);
  const outer = await archiveDamage(record, path);
  const beside = await checksumDamage(record, join(stateDir, record.checksumPath));
  const isGone = outer.some(({ what }) => what === MISSING);
  return [...outer, ...beside, ...(isGone ? [] : await contentDamage(record, path))];
}

const MISSING = 'is missing';

async function archiveDamage({ payloadPath, payloadSize, checksum }: PayloadRecord, path: string): Promise<Damage[]> {
  try {
    const { size } = await stat(path);
    if (size !== payloadSize) return [{ path: payloadPath, what: `has ${size} bytes instead of ${payloadSize}` }];
    const digest = await digestOf(path);
    return digest === checksum ? [] : [{ path: payloadPath, what: `has the SHA-256 ${digest} instead of ${checksum}` }];
  } catch (error) {
    return [{ path: payloadPath, what: problemOf(error) }];
  }
}

async function checksumDamage({ checksumPath, checksum }: PayloadRecord, path: string): Promise<Damage[]> {
  try {
    const isRight = (await readFile(path, 'utf8')) === checksumText(checksum);
    return isRight ? [] : [{ path: checksumPath, what: 'does not name the SHA-256 of the archive' }];
  } catch (error) {
    return [{ path: checksumPath, what: problemOf(error) }];
  }
}

function problemOf(error: unknown): string {
  return (error as { code?: string }).code === 'ENOENT' ? MISSING : `cannot be read: ${reasonOf(error)}`;
}

async function contentDamage({ payloadPath }: PayloadRecord, path: string): Promise<Damage[]> {
  const content: Content = { manifest: null, manifestProblem: MISSING, files: new Map(), others: [] };
  let end: Damage[] = [];
  try {
    for await (const entry of readArchive(path)) await collect(content, entry);
  } catch (error) {
    end = [{ path: payloadPath, what: `cannot be unpacked to its end: ${reasonOf(error)}` }];
  }
  if (content.manifest === null) return [...end, { path: MANIFEST_NAME, what: content.manifestProblem }];
  return [...end, ...compare(content.manifest, content)];
}

/** What an archive holds. */
interface Content {
  manifest: Manifest | null;
  /** why there is none */
  manifestProblem: string;
  /** of the files folder, by path; of a folder that is there twice, the last entry */
  readonly files: Map<string, PayloadFile>;
  /** paths of everything else, and of what is there twice or is no file, folder or link */
  readonly others: string[];
}

async function collect(content: Content, entry: ArchiveEntry): Promise<void> {
  if (entry.path === MANIFEST_NAME) return collectManifest(content, entry);
  if (entry.path === FILES_NAME) return;
  const path = entry.path.startsWith(`${FILES_NAME}/`) ? entry.path.slice(FILES_NAME.length + 1) : null;
  const file = path === null ? null : await payloadFile(path, entry);
  const before = file === null ? undefined : content.files.get(file.path);
  if (file === null || (before !== undefined && before.type !== 'directory')) content.others.push(entry.path);
  else content.files.set(file.path, file);
}

async function collectManifest(content: Content, { content: bytes }: ArchiveEntry): Promise<void> {
  const blocks: Buffer[] = [];
  for await (const block of bytes) blocks.push(block);
  try {
    content.manifest = parseManifest(Buffer.concat(blocks).toString('utf8'));
  } catch (error) {
    content.manifestProblem = `cannot be read: ${reasonOf(error)}`;
  }
}

async function payloadFile(path: string, entry: ArchiveEntry): Promise<PayloadFile | null> {
  const { type, mode, sizeBytes, target } = entry;
  if (type === 'other') return null;
  if (type === 'directory') return { type, path, mode };
  if (type === 'link') return { type, path, target };
  const hash = createHash('sha256');
  for await (const block of entry.content) hash.update(block);
  return { type, path, sizeBytes, mode, sha256: hash.digest('hex') };
}

function compare(manifest: Manifest, { files, others }: Content): Damage[] {
  const known = new Set(manifest.files.map(({ path }) => path));
  const extra = [...files.keys()].filter((path) => !known.has(path)).map((path) => `${FILES_NAME}/${path}`);
  const strange = others.filter((path) => path !== manifest.entrypoint);
  return [
    ...(others.includes(manifest.entrypoint) ? [] : [{ path: manifest.entrypoint, what: MISSING }]),
    ...manifest.files.flatMap((file) => fileDamage(file, files.get(file.path))),
    ...[...extra, ...strange].map((path) => ({ path, what: 'is not in the manifest' })),
  ];
}

function fileDamage(wanted: PayloadFile, found: PayloadFile | undefined): Damage[] {
  const what = found === undefined ? MISSING : difference(wanted, found);
  return what === null ? [] : [{ path: `${FILES_NAME}/${wanted.path}`, what }];
}

function difference(wanted: PayloadFile, found: PayloadFile): string | null {
  if (wanted.type !== found.type) return `is a ${found.type} instead of a ${wanted.type}`;
  if (wanted.type === 'link' && found.type === 'link') {
    return wanted.target === found.target ? null : `leads to ${found.target} instead of ${wanted.target}`;
  }
  if (wanted.type === 'file' && found.type === 'file' && wanted.sha256 !== found.sha256) {
    return `has the SHA-256 ${found.sha256} instead of ${wanted.sha256}`;
  }
  if (wanted.type !== 'link' && found.type !== 'link' && wanted.mode !== found.mode) {
    return `has mode ${formatMode(found.mode)} instead of ${formatMode(wanted.mode)}`;
  }
  return null;
}
