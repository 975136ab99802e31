import { expect, test } from 'vitest';
import { type DestroyOptions, destroyInstances, type End } from '../../../src/fleet/destroy.ts';
import { placesOf } from '../../../src/fleet/places.ts';
import { syncFleet } from '../../../src/fleet/sync.ts';
import { isoTime, systemClock } from '../../../src/util/clock.ts';
import { openedState, temporaryFolder } from '../../state/support.ts';
import { aCloudInstance, MemoryCloud } from './memory-cloud.ts';

/** Two instances in one region and one in another, known to the state, and what is seen while they are ended. */
async function aFleet() {
  const cloud = new MemoryCloud().put(
    aCloudInstance('i-1'),
    aCloudInstance('i-2'),
    aCloudInstance('i-3', { region: 'eu-west-1' }),
  );
  const state = openedState(temporaryFolder(), systemClock);
  const places = placesOf(['us-east-1', 'eu-west-1'], []);
  await syncFleet({ places, tags: {}, withPrices: false }, { cloud, state, clock: systemClock });
  const seen: string[] = [];
  const interruption = new AbortController();
  const options: DestroyOptions = {
    cloud,
    state,
    clock: systemClock,
    patienceMs: 10_000,
    lookMs: 1,
    signal: interruption.signal,
    onProgress: (ends) => seen.push(statesOf(ends)),
  };
  const stateOf = (id: string) => state.instances.find(id)?.state;
  return { cloud, state, seen, interruption, options, stateOf };
}

function statesOf(ends: readonly End[]): string {
  return ends.map(({ state }) => state).join(' ');
}

test('instances are terminated region by region, and waited for; the state keeps all of them', async () => {
  const { cloud, state, seen, options, stateOf } = await aFleet();
  cloud.looksUntilTerminated = 5;
  const ends = await destroyInstances(state.instances.list(), options);
  expect(ends).toMatchObject(
    ['i-1', 'i-2', 'i-3'].map((instanceId) => ({
      instance: { instanceId },
      state: 'terminated',
      isOrdered: true,
      problem: null,
    })),
  );
  expect(cloud.calls.filter((call) => call.startsWith('terminate'))).toEqual([
    'terminate us-east-1',
    'terminate eu-west-1',
  ]);
  expect(seen).toContain('shutting-down shutting-down shutting-down');
  expect(['i-1', 'i-2', 'i-3'].map(stateOf)).toEqual(['terminated', 'terminated', 'terminated']);
  expect(state.instances.find('i-1')).toMatchObject({ publicIp: null, privateIp: null });
});

test('a region that refuses is told, and its instances stay as they are; the others end', async () => {
  const { cloud, state, options, stateOf } = await aFleet();
  cloud.broken.set('us-east-1', 'terminate');
  const ends = await destroyInstances(state.instances.list(), options);
  expect(ends.map((end) => [end.state, end.isOrdered, end.problem?.code])).toEqual([
    ['running', false, 'aws-not-allowed'],
    ['running', false, 'aws-not-allowed'],
    ['terminated', true, undefined],
  ]);
  expect(['i-1', 'i-3'].map(stateOf)).toEqual(['running', 'terminated']);
});

test('what takes too long is shutting down, in the answer and in the state', async () => {
  const { cloud, state, options, stateOf } = await aFleet();
  cloud.looksUntilTerminated = Infinity;
  const ends = await destroyInstances(state.instances.list(), { ...options, patienceMs: 30 });
  expect(statesOf(ends)).toBe('shutting-down shutting-down shutting-down');
  expect(['i-1', 'i-2', 'i-3'].map(stateOf)).toEqual(['shutting-down', 'shutting-down', 'shutting-down']);
});

test('whoever is interrupted does not wait, and EC2 has the order', async () => {
  const { cloud, state, options, interruption } = await aFleet();
  cloud.looksUntilTerminated = Infinity;
  const onProgress = (): void => interruption.abort();
  const ends = await destroyInstances(state.instances.list(), { ...options, lookMs: 60_000, onProgress });
  expect(ends.every(({ isOrdered, state: last }) => isOrdered && last === 'shutting-down')).toBe(true);
});

test('a cloud that falls silent while one waits is asked again', async () => {
  const { cloud, state, options } = await aFleet();
  const problems: (string | undefined)[] = [];
  const onProgress = (ends: readonly End[]): void => {
    problems.push(ends[0]?.problem?.code);
    // silent after the order was taken, until that was told
    if (problems.length === 1) cloud.broken.set('us-east-1', 'all');
    else cloud.broken.clear();
  };
  const ends = await destroyInstances(state.instances.list().slice(0, 1), { ...options, onProgress });
  expect(ends).toMatchObject([{ state: 'terminated', problem: null }]);
  expect(problems).toEqual([undefined, 'aws-unreachable', undefined]);
});

test('whoever may not look does not wait, and is told why', async () => {
  const { cloud, state, options } = await aFleet();
  cloud.broken.set('eu-west-1', 'fates');
  const ends = await destroyInstances(state.instances.list().slice(2), options);
  expect(ends).toMatchObject([{ state: 'shutting-down', isOrdered: true, problem: { code: 'aws-not-allowed' } }]);
});

test('a sync that began earlier does not bring a terminated instance back', async () => {
  const { cloud, state, options, stateOf } = await aFleet();
  // of two that look in the same millisecond nobody knows which was the later one
  const before = systemClock.now() - 1;
  await destroyInstances(state.instances.list(), options);
  cloud.put(aCloudInstance('i-1'));
  const late = { now: () => before };
  await syncFleet({ places: placesOf(['us-east-1'], []), tags: {}, withPrices: false }, { cloud, state, clock: late });
  expect([isoTime(before) < (state.instances.find('i-1')?.seenAt ?? ''), stateOf('i-1')]).toEqual([true, 'terminated']);
});
