import { describe, expect, test } from 'vitest';
import { estimateUpload } from '../../../src/run/upload-estimate.ts';
import { anInstance, aPlan } from '../report/events.ts';

/** 110 kB to each, 10 at once. */
function planFor(waves: readonly number[]) {
  const count = waves.reduce((sum, size) => sum + size, 0);
  const instances = Array.from({ length: count }, (_, index) => anInstance(`i-${index}`));
  const plan = aPlan(instances, { rollout: { waves, pauseMs: 0, maxFailures: null } });
  return { ...plan, limits: { ...plan.limits, concurrency: 10 } };
}

describe('how long the uploads of a plan take', () => {
  test.each([
    ['is unknown before anything was measured', [25], [], null, null],
    ['is unknown where only tiny ones were', [25], [{ bytes: 10_999, ms: 10 }], null, null],
    ['is that of as many rounds as it takes', [25], [{ bytes: 11_000, ms: 10 }], 1_100_000, 300],
    ['is longer in waves', [1, 4, 20], [{ bytes: 110_000, ms: 100 }], 1_100_000, 400],
    [
      'follows the median',
      [10],
      [
        { bytes: 110_000, ms: 1 },
        { bytes: 110_000, ms: 100 },
        { bytes: 110_000, ms: 5000 },
        { bytes: 0, ms: 0 },
      ],
      1_100_000,
      100,
    ],
  ])('%s', (_what, waves, uploads, bytesPerSecond, ms) => {
    const estimate = estimateUpload(planFor(waves), uploads);
    expect(estimate).toMatchObject({ bytesPerSecond, ms, bytesEach: 110_000 });
    expect(estimate.bytes).toBe(110_000 * waves.reduce((sum, size) => sum + size, 0));
  });
});
