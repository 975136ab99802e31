import type { PayloadRecord } from '../state/payloads.ts';
import type { RunRecord } from '../state/runs.ts';

/** A registered version, as other programs are told of it. */
export interface RecordedVersion {
  readonly name: string;
  readonly version: number;
  readonly active: boolean;
  readonly digest: string;
  readonly size_bytes: number;
  readonly created_at: string;
}

/** What a run has sent; `size_bytes` are those of the archive. */
export interface SentPayload {
  readonly name: string;
  readonly digest: string;
  readonly size_bytes: number;
  readonly files: number;
}

export function recordedVersion(record: PayloadRecord): RecordedVersion {
  return {
    name: record.name,
    version: record.version,
    active: record.isActive,
    digest: record.checksum,
    size_bytes: record.payloadSize,
    created_at: record.createdAt,
  };
}

export function sentPayload({ payloadName, payloadDigest, payloadBytes, plan }: RunRecord): SentPayload {
  return { name: payloadName, digest: payloadDigest, size_bytes: payloadBytes, files: plan.fileCount };
}
