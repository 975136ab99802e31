import { expect, test } from 'vitest';
import { newInstance } from '../../src/model/instance.ts';
import { createService } from '../../src/service/service.ts';
import type { ServiceApi } from '../../src/service/api.ts';
import { CALLER, contentOf, type Fixture, openFixture, runOf } from './support.ts';

/** The parts of the state and the queue whose calls fail, one after the other. */
const FRAGILE = ['instances', 'runs', 'ledger', 'forgetting', 'deployments', 'tasks', 'environments'] as const;

class Fault extends Error {}

/** A service whose state fails at its n-th call, before or behind what that call does. */
function failingService(
  { deps }: Fixture,
  at: number,
  where: 'before' | 'behind',
): { service: ServiceApi; calls: () => number } {
  let calls = 0;
  const fragile = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          calls += 1;
          const isHere = calls === at;
          if (isHere && where === 'before') throw new Fault(String(name));
          const result = value.apply(target, args) as unknown;
          if (isHere) throw new Fault(String(name));
          return result;
        };
      },
    });
  const parts = Object.fromEntries(FRAGILE.map((name) => [name, fragile(deps.state[name])]));
  const state = { ...deps.state, ...parts };
  return { service: createService({ ...deps, state, queue: fragile(deps.queue) }), calls: () => calls };
}

const REQUESTS: Record<string, (service: ServiceApi, fixture: Fixture) => Promise<unknown>> = {
  deploy: (service, { script }) =>
    service.deploy(
      {
        instanceIds: ['i-1', 'i-2', 'i-3'],
        payload: { path: script('x.sh') },
        remotePath: null,
        execute: true,
        timeoutMs: null,
      },
      CALLER,
    ),
  'start a run': (service, { script }) =>
    service.startRun(runOf(script('x.sh'), ['i-1', 'i-2'], { environment: new Map([['TOKEN', 'x']]) }), CALLER),
  create: (service, { script }) => {
    const order = { provider: 'aws', region: 'us-east-1', size: 't3.micro', name: null } as const;
    const payload = { payload: { path: script('x.sh') }, execute: true, remotePath: null, timeoutMs: null };
    return service.create(
      {
        instances: [
          { ...order, ...payload },
          { ...order, ...payload },
        ],
      },
      CALLER,
    );
  },
  'cancel a run': async (service, { state }) => {
    const [run] = state.runs.list();
    await service.cancelRun(run?.id ?? '', CALLER);
  },
};

/** Nothing is in the state but a run of i-1. */
async function aFixture(): Promise<Fixture> {
  const fixture = await openFixture();
  fixture.add('i-1', 'i-2', newInstance('i-3', { state: 'pending' }));
  const request = runOf(fixture.script('before.sh'), ['i-1'], { environment: new Map([['TOKEN', 'y']]) });
  await fixture.service.startRun(request, CALLER);
  return fixture;
}

const CASES = Object.keys(REQUESTS).flatMap((name) => [[name, 'before'] as const, [name, 'behind'] as const]);

test.each(CASES)(
  'to %s is written down whole or not at all, where something fails %s any call',
  async (name, where) => {
    const fixture = await aFixture();
    const ask = REQUESTS[name] as (typeof REQUESTS)[string];
    const before = everythingOf(fixture);
    let at = 0;
    for (;;) {
      at += 1;
      const { service, calls } = failingService(fixture, at, where);
      const failure = await ask(service, fixture).catch((error: unknown) => error);
      if (calls() < at) break;
      expect(failure).toBeInstanceOf(Fault);
      expect(everythingOf(fixture)).toEqual(before);
    }
    // it had that many calls to fail at, and then it was done
    expect(at).toBeGreaterThan(2);
    expect(everythingOf(fixture)).not.toEqual(before);
  },
);

function everythingOf(fixture: Fixture): object {
  const { state } = fixture;
  const runs = state.runs.list();
  return {
    ...contentOf(fixture),
    environments: runs.map(({ id }) => [...state.environments.of(id)]),
    attempts: runs.map(({ id }) => state.runs.attempts(id)),
    records: runs,
  };
}
