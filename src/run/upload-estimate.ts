import type { Plan } from '../model/plan.ts';

/** An upload to one instance that is on record. */
export interface MeasuredUpload {
  readonly bytes: number;
  readonly ms: number;
}

export interface UploadEstimate {
  /** to each instance, if it has nothing of it yet */
  readonly bytesEach: number;
  readonly bytes: number;
  /** to one instance, the median of those that are comparable; null where there are none */
  readonly bytesPerSecond: number | null;
  /** of all uploads, so many at once as the plan says; null where nobody knows */
  readonly ms: number | null;
  /** comparable uploads that it is told from */
  readonly measured: number;
}

/** Of a payload that is more than so many times larger the rate says nothing: what took the time was the way there and back. */
const COMPARABLE_FACTOR = 10;

/** What a plan sends, and how long that takes if it goes as it did before. */
export function estimateUpload(plan: Plan, uploads: readonly MeasuredUpload[]): UploadEstimate {
  const { sizeBytes } = plan.payload;
  const rates = uploads
    .filter(({ bytes, ms }) => ms > 0 && bytes * COMPARABLE_FACTOR >= sizeBytes)
    .map(({ bytes, ms }) => (bytes / ms) * 1000)
    .sort((a, b) => a - b);
  const bytesPerSecond = rates[Math.floor((rates.length - 1) / 2)] ?? null;
  const eachMs = bytesPerSecond === null ? null : (sizeBytes / bytesPerSecond) * 1000;
  return {
    bytesEach: sizeBytes,
    bytes: sizeBytes * plan.targets.length,
    bytesPerSecond: bytesPerSecond === null ? null : Math.round(bytesPerSecond),
    ms: eachMs === null ? null : Math.round(eachMs * roundsOf(plan)),
    measured: rates.length,
  };
}

/** How often as many instances as fit get their turn together. */
function roundsOf({ rollout, limits, targets }: Plan): number {
  const waves = rollout.waves.length === 0 ? [targets.length] : rollout.waves;
  return waves.reduce((sum, size) => sum + Math.ceil(size / limits.concurrency), 0);
}
