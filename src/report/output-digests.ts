import type { AttemptResult, OutputFile } from '../model/attempt.ts';
import { mapBounded } from '../util/bounded.ts';
import { digestOf } from '../util/file-digest.ts';
import { groupBy } from '../util/group-by.ts';
import { isWhole, type OutputDigests } from './clusters.ts';

/** Files that are read at once. */
const AT_ONCE = 8;
/** At the end of a run nobody waits for more than this to be read, bytes; about half a second. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * What identifies all that attempts have said, where only the files can tell: several have outputs of the same length
 * with the same end, and a beginning that is not in the tail. None of them at all where that were too much to read.
 */
export async function outputDigests(attempts: readonly AttemptResult[]): Promise<OutputDigests> {
  const groups = groupBy(attempts.filter(isCut), ({ stdout, stderr }) => JSON.stringify([stdout, stderr].map(endOf)));
  const alike = [...groups.values()].filter(({ length }) => length > 1).flat();
  const bytes = alike.reduce((sum, { stdout, stderr }) => sum + stdout.bytes + stderr.bytes, 0);
  if (bytes > MAX_BYTES) return new Map();
  const digests = await mapBounded(alike, AT_ONCE, digestOfBoth);
  return new Map(alike.flatMap(({ instanceId }, index) => withKey(instanceId, digests[index] ?? null)));
}

function isCut({ stdout, stderr }: AttemptResult): boolean {
  return !isWhole(stdout) || !isWhole(stderr);
}

function endOf({ bytes, tail }: OutputFile): unknown {
  return [bytes, tail];
}

/** @returns null where one of them is pruned or cannot be read */
async function digestOfBoth({ stdout, stderr }: AttemptResult): Promise<string | null> {
  try {
    const [out, err] = await Promise.all([stdout, stderr].map(digestOfFile));
    return out === null || err === null ? null : `${out} ${err}`;
  } catch {
    return null;
  }
}

async function digestOfFile({ path, bytes }: OutputFile): Promise<string | null> {
  if (bytes === 0) return '';
  return path === null ? null : digestOf(path);
}

function withKey(instanceId: string, digest: string | null): [string, string][] {
  return digest === null ? [] : [[instanceId, digest]];
}
