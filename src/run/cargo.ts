import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inputError } from '../model/errors.ts';
import type { Payload } from '../model/payload.ts';
import type { Plan } from '../model/plan.ts';
import { UNFINISHED_PREFIX } from '../payload/archive-file.ts';
import { findReused, packDelta, type ReusedFile } from '../payload/delta.ts';
import { type DeltaJob, ROOT } from '../remote/job.ts';
import { reasonOf } from '../util/system-error.ts';
import { ArchiveSource } from './archive-source.ts';
import type { Ledger } from './ledger.ts';

/** Below this copying costs an instance more than receiving does, bytes of an archive. */
const WORTHWHILE_BYTES = 256 * 1024;

/** What is missing on an instance, as an archive. */
export interface Delta {
  readonly archive: ArchiveSource;
  readonly job: DeltaJob;
}

type Packed = Pick<Delta, 'archive'> & Omit<DeltaJob, 'base'>;

/** What a run brings to its instances: its archive, or only what is missing where most of it is there from an earlier run. */
export class Cargo {
  readonly archive: ArchiveSource;
  readonly #plan: Plan;
  readonly #ledger: Ledger;
  readonly #folder: string;
  /** by the digest of the payload that is there: equal for all instances that were reached last time */
  readonly #archives = new Map<string, Promise<Packed | null>>();

  private constructor(plan: Plan, ledger: Ledger, archive: ArchiveSource) {
    this.#plan = plan;
    this.#ledger = ledger;
    this.archive = archive;
    this.#folder = join(dirname(plan.payload.path), `${UNFINISHED_PREFIX}delta-${plan.runId}`);
  }

  /** @throws SpotError (exit 66) `archive-gone` */
  static async open(plan: Plan, ledger: Ledger): Promise<Cargo> {
    const { path } = plan.payload;
    const archive = await ArchiveSource.open(plan.payload).catch((error: unknown) => {
      throw inputError('archive-gone', `the archive ${path} cannot be read: ${reasonOf(error)}`, error);
    });
    return new Cargo(plan, ledger, archive);
  }

  /** @returns null where the whole archive is to be sent */
  async deltaFor(instanceId: string): Promise<Delta | null> {
    const { payload, useCache } = this.#plan;
    if (!useCache || payload.sizeBytes < WORTHWHILE_BYTES || handsOver(this.#plan)) return null;
    const { folder } = this.#ledger.cacheOf(instanceId);
    const packed = folder === null ? null : await this.#archiveBeside(folder.payloadDigest);
    if (folder === null || packed === null) return null;
    const { archive, ...job } = packed;
    return { archive, job: { ...job, base: folder.path } };
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  /** Found out once for all instances that have the same. */
  #archiveBeside(payloadDigest: string): Promise<Packed | null> {
    const known = this.#archives.get(payloadDigest);
    if (known !== undefined) return known;
    // whatever is wrong with it, sending all of it does or says so
    const packing = this.#pack(payloadDigest).catch(() => null);
    this.#archives.set(payloadDigest, packing);
    return packing;
  }

  /** @returns null where it is not worth it */
  async #pack(payloadDigest: string): Promise<Packed | null> {
    const { payload } = this.#plan;
    const there = this.#ledger.contentsOf(payloadDigest);
    const reused = there === null ? [] : findReused(payload.manifest.files, there);
    if (savedBytes(payload, reused) < WORTHWHILE_BYTES) return null;
    const file = await packDelta(payload, reused, this.#folder);
    return { archive: await ArchiveSource.open(file), digest: file.digest, sizeBytes: file.sizeBytes };
  }
}

/** Another user's older folder is closed to whoever receives the files; root has them in place. */
function handsOver({ sudo }: Plan): boolean {
  return sudo !== undefined && sudo !== ROOT;
}

/** Of the archive; about, as nobody knows how well each file was compressed. */
function savedBytes({ sizeBytes, contentBytes }: Payload, reused: readonly ReusedFile[]): number {
  const reusedBytes = reused.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  return contentBytes === 0 ? 0 : (reusedBytes * sizeBytes) / contentBytes;
}
