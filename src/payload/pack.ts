import { resolve } from 'node:path';
import type { Manifest, Payload } from '../model/payload.ts';
import { archiveContent } from './archive-content.ts';
import { writeArchive } from './archive-file.ts';
import { sortByBytes } from './by-bytes.ts';
import type { Inspect } from './checks/content-check.ts';
import { chooseLevel } from './compression.ts';
import type { HashedEntry, ScannedTree } from './entries.ts';
import { hashFiles } from './hash-files.ts';
import { entrypointFor } from './interpreter.ts';
import type { Script } from './script.ts';

export interface PackInput {
  readonly script: Script;
  /** null where no files are sent */
  readonly tree: ScannedTree | null;
  /** `NAME` or `NAME=value`, as in the manifest; their order does not count */
  readonly environment: readonly string[];
  /** of the payload */
  readonly name: string;
  /** told the contents of small files, which are in memory anyway */
  readonly inspect?: Inspect;
  /** where archives are kept; made if missing */
  readonly outDir: string;
}

const NO_FILES: ScannedTree = { root: '', entries: [] };

/**
 * Packs a script and its files into one archive, `<outDir>/<digest>.tar.gz`. Nothing of when, where and by whom it is
 * packed goes into it: equal content has one digest. (Where it is compressed, that holds for one version of zlib,
 * which comes with Node.) Memory does not grow with the size of the files.
 * @throws SpotError (exit 66) `file-changed` where a file is not what the scan found, `files-unreadable`
 */
export async function packPayload(input: PackInput): Promise<Payload> {
  const { root, entries } = input.tree ?? NO_FILES;
  const hashed = await hashFiles({ root, entries }, input.inspect);
  const manifest = buildManifest(input, hashed);
  const content = archiveContent({ manifest, script: input.script.bytes, root, entries: hashed });
  const fileCount = hashed.filter(({ entry }) => entry.type !== 'directory').length;
  const archive = await writeArchive(resolve(input.outDir), content, await chooseLevel(root, hashed));
  return { ...archive, contentBytes: contentBytes(input.script, hashed), fileCount, manifest };
}

function buildManifest(input: PackInput, hashed: readonly HashedEntry[]): Manifest {
  const { interpreter } = input.script;
  return {
    version: 'v1',
    interpreter,
    entrypoint: entrypointFor(interpreter),
    environment: sortByBytes([...new Set(input.environment)], (name) => name),
    files: hashed.map(({ entry }) => entry),
    metadata: { name: input.name },
  };
}

function contentBytes(script: Script, hashed: readonly HashedEntry[]): number {
  return hashed.reduce((sum, { entry }) => sum + (entry.type === 'file' ? entry.sizeBytes : 0), script.bytes.length);
}
