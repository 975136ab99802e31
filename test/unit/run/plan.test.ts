import { describe, expect, test } from 'vitest';
import { newInstance } from '../../../src/model/instance.ts';
import type { Payload } from '../../../src/model/payload.ts';
import { makePlan, type PlanRequest, remotePathOf } from '../../../src/run/plan.ts';
import { createStamps, makeRunId } from '../../../src/run/stamps.ts';

const NOW = Date.UTC(2026, 10, 21, 3, 45, 12, 678);
const clock = { now: () => NOW };

const INSTANCE = newInstance('i-1', { publicIp: '192.0.2.1', privateIp: '10.0.0.1' });

const REQUEST: PlanRequest = {
  payload: {} as Payload,
  selection: { chosen: [INSTANCE], skipped: [] },
  args: ['a'],
  environment: ['TOKEN'],
  mode: 'run',
  remotePath: null,
  cleanup: false,
  transfer: 'auto',
  limits: {
    connectTimeoutMs: 1,
    uploadTimeoutMs: 2,
    executionTimeoutMs: 3,
    killGraceMs: 4,
    leaseMs: null,
    concurrency: 5,
  },
  rollout: { serial: [{ count: 1 }], pauseMs: 5, maxFail: { percent: 100 } },
  interruption: { signal: 'usr1' as const, watch: 'auto' as const, metadataEndpoint: 'http://imds' },
  retries: 2,
  readyTimeoutMs: 6,
  tracksPayload: true,
  exclusiveFor: null,
  useCache: true,
  detached: false,
  username: 'ubuntu',
};

function plan(request: Partial<PlanRequest> = {}) {
  return makePlan({ ...REQUEST, ...request }, { clock, pid: 42, random: () => 0.5 });
}

describe('a plan', () => {
  test('takes the lock of each instance in the name of its run', () => {
    expect(plan({ exclusiveFor: 'ann@laptop' }).holder).toBe('run 20261121-034512-8000 of ann@laptop');
  });

  test('says all that was asked for, and when', () => {
    const { payload, args, environment, mode, cleanup, transfer, limits, retries, useCache, detached } = REQUEST;
    const { readyTimeoutMs, tracksPayload } = REQUEST;
    expect(plan()).toEqual({
      ...{ payload, args, environment, mode, cleanup, transfer, limits, retries, useCache, detached },
      ...{ readyTimeoutMs, tracksPayload },
      holder: null,
      rollout: { waves: [1], pauseMs: 5, maxFailures: 1 },
      interruption: { signal: 'usr1', watch: 'auto', metadataEndpoint: 'http://imds' },
      runId: '20261121-034512-8000',
      createdAt: '2026-11-21T03:45:12.678Z',
      targets: [
        {
          instance: INSTANCE,
          host: { user: 'ubuntu', address: '192.0.2.1', port: null },
          stamp: '20261121T034512678000_42',
        },
      ],
      skipped: [],
      remotePath: null,
    });
  });

  test.each([
    ['the public address', {}, { user: 'ubuntu', address: '192.0.2.1', port: null }],
    [
      'the private address where there is no other',
      { publicIp: null },
      { user: 'ubuntu', address: '10.0.0.1', port: null },
    ],
    ['its own user and port', { sshUser: 'core', sshPort: 2222 }, { user: 'core', address: '192.0.2.1', port: 2222 }],
  ])('goes to %s', (_, change, host) => {
    const { targets } = plan({ selection: { chosen: [{ ...INSTANCE, ...change }], skipped: [] } });
    expect(targets[0]?.host).toEqual(host);
  });

  test('leaves the user to ssh_config where nobody names one', () => {
    expect(plan({ username: null }).targets[0]?.host.user).toBeNull();
  });

  test('does not take an instance without an address', () => {
    const chosen = [{ ...INSTANCE, publicIp: null, privateIp: null }];
    expect(() => plan({ selection: { chosen, skipped: [] } })).toThrow(
      new Error('i-1 has no address and must not be selected'),
    );
  });

  test('keeps a copied script at a path of its own where nobody says where', () => {
    const copy = plan({ mode: 'copy' });
    const [target] = copy.targets;
    if (target === undefined) throw new Error('no target');
    expect(remotePathOf(copy, target)).toBe('/tmp/deploy_script_20261121T034512678000_42');
    expect(remotePathOf(plan({ mode: 'copy', remotePath: '~/x' }), target)).toBe('~/x');
    expect(remotePathOf(plan({ remotePath: '~/x' }), target)).toBe('~/x');
    expect(remotePathOf(plan(), target)).toBeNull();
  });
});

describe('stamps', () => {
  test('are all different and sort by time, even where the clock stands still or goes back', () => {
    let now = NOW;
    const stamp = createStamps({ now: () => now }, 42);
    const stamps = Array.from({ length: 10_000 }, (_, index) => {
      if (index === 5000) now -= 60_000;
      if (index === 7000) now += 3_600_000;
      return stamp();
    });
    expect(stamps[0]).toBe('20261121T034512678000_42');
    expect(stamps[1]).toBe('20261121T034512678001_42');
    expect(stamps[1000]).toBe('20261121T034512679000_42');
    expect(new Set(stamps).size).toBe(10_000);
    expect([...stamps].sort()).toEqual(stamps);
    expect(stamps.every((text) => /^\d{8}T\d{12}_42$/.test(text))).toBe(true);
  });
});

describe('the id of a run', () => {
  test.each([
    [0, '20261121-034512-0000'],
    [0.99999, '20261121-034512-ffff'],
  ])('holds the second and chance: %d', (random, id) => {
    expect(makeRunId(clock, () => random)).toBe(id);
  });
});
