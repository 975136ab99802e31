import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import { OUTCOME_KINDS } from '../../../src/model/outcome.ts';
import type { Plan, Rollout, Target } from '../../../src/model/plan.ts';
import { FailureLimit, inWaves } from '../../../src/run/waves.ts';
import { anAttempt, anInstance, aPlan, SUCCEEDED } from '../report/events.ts';

const NEVER = new AbortController().signal;

function planOf(rollout: Partial<Rollout> & Pick<Rollout, 'waves'>, concurrency = 3): Plan {
  const count = rollout.waves.reduce((sum, size) => sum + size, 0);
  const instances = Array.from({ length: count }, (_, index) => anInstance(`i-${index}`));
  const plan = aPlan(instances, { rollout: { pauseMs: 0, maxFailures: null, ...rollout } });
  return { ...plan, limits: { ...plan.limits, concurrency } };
}

interface Trace {
  readonly begun: string[];
  readonly events: RunEvent[];
  results: (string | undefined)[];
}

async function work(plan: Plan, each: (target: Target) => Promise<void>, signal = NEVER): Promise<Trace> {
  const trace: Trace = { begun: [], events: [], results: [] };
  const results = await inWaves(
    plan,
    {
      work: async (target) => {
        trace.begun.push(target.instance.instanceId);
        await each(target);
        return anAttempt(target.instance, SUCCEEDED);
      },
      mayStart: () => !signal.aborted,
    },
    { clock: { now: () => 7 }, emit: (event) => trace.events.push(event), signal, detach: NEVER },
  );
  return { ...trace, results: results.map((result) => result?.instanceId) };
}

describe('waves', () => {
  test('begin when all of the one before have ended, and results come in the order of the plan', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat(5)),
        async (waves, atOnce, turns) => {
          const plan = planOf({ waves }, atOnce);
          const ids = plan.targets.map(({ instance }) => instance.instanceId);
          const waveOf = waves.flatMap((size, wave) => Array.from({ length: size }, () => wave));
          const ended = new Set<string>();
          const { begun, results, events } = await work(plan, async ({ instance: { instanceId } }) => {
            const earlier = ids.filter((_, index) => (waveOf[index] ?? 0) < (waveOf[ids.indexOf(instanceId)] ?? 0));
            expect(earlier.filter((id) => !ended.has(id))).toEqual([]);
            for (let turn = turns.next().value ?? 0; turn > 0; turn -= 1) await Promise.resolve();
            ended.add(instanceId);
          });
          expect(begun).toEqual(ids);
          expect(results).toEqual(ids);
          expect(events.map((event) => (event.type === 'wave-started' ? event.instances : event.type))).toEqual(
            waves.length === 1 ? [] : waves,
          );
        },
      ),
    );
  });

  test('have a pause between them that ends at once with the run, and then none is spoken of any more', async () => {
    const cancel = new AbortController();
    const plan = planOf({ waves: [1, 2], pauseMs: 3_600_000 });
    const trace = await work(plan, () => Promise.resolve(setTimeout(() => cancel.abort(), 5)).then(), cancel.signal);
    expect(trace.events).toEqual([
      { type: 'wave-started', at: 7, wave: 1, waves: 2, instances: 1 },
      { type: 'pause-started', at: 7, ms: 3_600_000, wave: 2, waves: 2 },
    ]);
    expect(trace.begun).toEqual(['i-0', 'i-1', 'i-2']);
  });
});

describe('a failure limit', () => {
  test('counts what did not succeed, and an instance that was taken back is no failure', () => {
    const counted = OUTCOME_KINDS.filter((kind) => {
      const limit = new FailureLimit(0);
      limit.count(kind);
      return limit.isPassed;
    });
    expect(counted).toEqual(['failed', 'killed', 'timed-out', 'unreachable', 'rejected', 'lost', 'cancelled']);
  });

  test('is passed with one more than it allows, and says so', () => {
    const limit = new FailureLimit(2);
    limit.count('failed');
    limit.count('lost');
    expect(limit.isPassed).toBe(false);
    limit.count('failed');
    expect(limit.isPassed).toBe(true);
    expect(limit.judgement.outcome).toEqual({
      kind: 'cancelled',
      error: { code: 'failure-limit', message: 'not started: 3 instances did not succeed, and --max-fail allows 2' },
    });
  });

  test('of nothing is never passed', () => {
    const limit = new FailureLimit(null);
    for (let times = 0; times < 1000; times += 1) limit.count('failed');
    expect(limit.isPassed).toBe(false);
  });
});
