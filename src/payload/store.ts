import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configError } from '../model/errors.ts';
import type { PayloadTable } from '../state/payloads.ts';
import { removeAbandoned } from '../util/remove-abandoned.ts';
import { reasonOf } from '../util/system-error.ts';
import { UNFINISHED_PREFIX } from './archive-file.ts';
import { fetchArchive, shareArchive } from './shared-archives.ts';

/** Below the state folder. */
const FOLDER = 'payloads';

/** What was packed or taken up so short a time ago may belong to a run that is about to begin, ms. */
const YOUNG_MS = 3_600_000;

/** Whoever packs writes more often, ms. */
const ABANDONED_MS = 3_600_000;

/** Names of the two files of a payload, relative to the state folder. */
export interface StoredNames {
  readonly payloadPath: string;
  readonly checksumPath: string;
}

/**
 * The archives of all payloads, `<state_dir>/payloads/<digest>.tar.gz`, each beside `<digest>.sha256`, which
 * `sha256sum -c` reads. Files are there before the registry names them, and go after it has forgotten them: what is on
 * disk and needed by nobody is removed sooner or later, what is needed is never missing. Where machines share the
 * registry, the archives are in its database, too, and each fetches what it does not have.
 */
export class PayloadStore {
  readonly stateDir: string;
  /** where archives are packed to */
  readonly folder: string;
  readonly #table: PayloadTable;

  constructor(stateDir: string, table: PayloadTable) {
    this.stateDir = stateDir;
    this.folder = join(stateDir, FOLDER);
    this.#table = table;
  }

  /** Removes archives that nobody will finish. @param now ms since the epoch */
  tidy(now: number): Promise<void> {
    return removeAbandoned(this.folder, { prefix: UNFINISHED_PREFIX, afterMs: ABANDONED_MS }, now);
  }

  /** Where the archive of a digest is, absolute, or would be. */
  archiveOf(digest: string): string {
    return join(this.folder, archiveName(digest));
  }

  /**
   * Fetches an archive that only another machine has so far.
   * @returns where it is, as `archiveOf`: nobody has compared it, nor looked whether it is there
   * @throws SpotError `archive-damaged`, `archive-not-written`
   */
  async provide(digest: string): Promise<string> {
    const path = this.archiveOf(digest);
    const { archives } = this.#table;
    if (archives === null || this.has(digest)) return path;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const isThere = this.#ageOf(archiveName(digest), 0) !== null;
    const place = { folder: this.folder, name: archiveName(digest) };
    if (isThere || (await fetchArchive(archives, digest, place))) await this.writeChecksum(digest);
    return path;
  }

  /**
   * Lets other machines have an archive that is on disk.
   * @param now ms since the epoch
   */
  async share(digest: string, sizeBytes: number, now: number): Promise<void> {
    const { archives } = this.#table;
    if (archives === null || !this.has(digest)) return;
    await shareArchive(archives, { digest, path: this.archiveOf(digest), sizeBytes }, now);
  }

  namesOf(digest: string): StoredNames {
    return { payloadPath: join(FOLDER, archiveName(digest)), checksumPath: join(FOLDER, checksumName(digest)) };
  }

  /**
   * Writes the file beside an archive, at once and complete, for its owner alone.
   * @throws SpotError (exit 78) `archive-not-written`
   */
  async writeChecksum(digest: string): Promise<void> {
    const unfinished = join(this.folder, `${UNFINISHED_PREFIX}${randomUUID()}`);
    try {
      await writeFile(unfinished, checksumText(digest), { mode: 0o600, flag: 'wx' });
      await rename(unfinished, join(this.folder, checksumName(digest)));
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      const message = `the checksum of a payload cannot be written to ${this.folder}: ${reasonOf(error)}; make room, or choose another state_dir`;
      throw configError('archive-not-written', message, error);
    }
  }

  /** Whether both files are there, and others can have the archive. */
  isRegistrable(digest: string, sizeBytes: number): boolean {
    const { archives } = this.#table;
    return this.has(digest) && (archives === null || archives.sizeOf(digest) === sizeBytes);
  }

  /** Whether both files are there. */
  has(digest: string): boolean {
    return [archiveName(digest), checksumName(digest)].every((name) => this.#ageOf(name, 0) !== null);
  }

  /** Keeps an archive from being swept for a while: a run of it is about to begin. @param now ms since the epoch */
  async touch(digest: string, now: number): Promise<void> {
    this.#table.archives?.touch(digest, now);
    const names = [archiveName(digest), checksumName(digest)];
    await Promise.allSettled(names.map((name) => utimes(join(this.folder, name), now / 1000, now / 1000)));
  }

  /** Removes archives that nobody needs, whatever their age: somebody has said so. */
  discard(digests: readonly string[]): void {
    this.#table.whileLocked((inUse) => {
      for (const digest of digests.filter((one) => !inUse.has(one))) {
        this.#remove([archiveName(digest), checksumName(digest)]);
        this.#table.archives?.forget(digest);
      }
    });
  }

  /**
   * Removes archives that neither a version nor an unfinished run needs, unless they are young.
   * @param now ms since the epoch
   */
  async sweep(now: number): Promise<void> {
    this.#table.archives?.sweep(now - YOUNG_MS);
    const idle = await this.#idleFiles(now);
    if (idle.length === 0) return;
    this.#table.whileLocked((inUse) => {
      this.#remove(idle.filter((name) => !inUse.has(digestIn(name)) && this.#isOld(name, now)));
    });
  }

  /** A first look, without keeping others from writing. */
  async #idleFiles(now: number): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    const inUse = this.#table.digestsInUse();
    const idle = names.filter((name) => digestIn(name) !== '' && !inUse.has(digestIn(name)));
    const ages = await Promise.all(idle.map((name) => stat(join(this.folder, name)).catch(() => null)));
    return idle.filter((_, index) => now - (ages[index]?.mtimeMs ?? now) > YOUNG_MS);
  }

  #isOld(name: string, now: number): boolean {
    return (this.#ageOf(name, now) ?? 0) > YOUNG_MS;
  }

  /** ms, or null where there is no such file */
  #ageOf(name: string, now: number): number | null {
    const stats = statSync(join(this.folder, name), { throwIfNoEntry: false });
    return stats === undefined ? null : now - stats.mtimeMs;
  }

  /** Tidying up is no reason to fail: what cannot be removed stays until the next time. */
  #remove(names: readonly string[]): void {
    for (const name of names) {
      try {
        rmSync(join(this.folder, name), { force: true });
      } catch {
        continue;
      }
    }
  }
}

/** One line as `sha256sum` writes it; the name is relative, so that the folder may be moved. */
export function checksumText(digest: string): string {
  return `${digest}  ${archiveName(digest)}\n`;
}

function archiveName(digest: string): string {
  return `${digest}.tar.gz`;
}

function checksumName(digest: string): string {
  return `${digest}.sha256`;
}

/** The digest that a file is named after, or '' where it is none of ours. */
function digestIn(name: string): string {
  return /^([0-9a-f]{64})\.(?:tar\.gz|sha256)$/.exec(name)?.[1] ?? '';
}
