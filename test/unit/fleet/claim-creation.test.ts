import { describe, expect, test } from 'vitest';
import { claimCreation, makeCreationId } from '../../../src/fleet/claim-creation.ts';
import type { CreationOrder, CreationRequest } from '../../../src/model/creation.ts';
import type { State } from '../../../src/state/state.ts';
import { openedState, temporaryFolder, withDriver } from '../../state/support.ts';
import { aCloudInstance, MemoryCloud } from './memory-cloud.ts';
import { aRequest } from './requests.ts';

const DEAD = JSON.stringify({ pid: 999_999_999, hostName: 'gone', bootId: null, startTicks: null });

function anOrder(instanceIds: readonly string[] | null): CreationOrder {
  return {
    place: { region: 'us-east-1', availabilityZone: null, instanceTypes: ['t3.micro'] },
    settings: { imageId: 'ami-1', sshUser: null, keyName: 'key', securityGroupId: 'sg-1' },
    count: 2,
    clientToken: 'spot-old-1',
    instanceIds,
  };
}

/** A state in which a dead client has left a creation that came so far. */
function leftOver(order: CreationOrder | null, request: CreationRequest, id = 'old'): State {
  const state = openedState(temporaryFolder());
  state.creations.claim(id, request);
  if (order !== null) state.creations.ordered(id, order);
  withDriver(state.path, (driver) => driver.prepare('UPDATE creations SET client = ?').run(DEAD));
  return state;
}

async function claimed(state: State, cloud: MemoryCloud, request = aRequest()): Promise<string> {
  const claim = await claimCreation(request, state.creations, cloud, () => 'new');
  return `${claim.kind} ${claim.creation.id}`;
}

describe('an unfinished creation is gone on with', () => {
  test.each<[string, CreationOrder | null]>([
    ['that never asked for anything', null],
    ['whose call has no answer', anOrder(null)],
    ['one of whose instances lives', anOrder(['i-1', 'i-2'])],
    ['for which no place had room so far', anOrder([])],
  ])('%s', async (_, order) => {
    const cloud = new MemoryCloud().put(aCloudInstance('i-1'));
    expect(await claimed(leftOver(order, aRequest()), cloud)).toBe('resumed old');
  });
});

describe('a new creation is begun', () => {
  test('where all instances of the unfinished one have ended', async () => {
    const state = leftOver(anOrder(['i-1', 'i-2']), aRequest());
    const cloud = new MemoryCloud().put(aCloudInstance('i-1', { state: 'terminated' }));
    expect(await claimed(state, cloud)).toBe('new new');
  });
});

test('a client token means its creation, whatever has become of it', async () => {
  const request = aRequest({ clientToken: 'ci-1' });
  const state = leftOver(anOrder(['i-1', 'i-2']), request, 'ci-1');
  expect(await claimed(state, new MemoryCloud(), request)).toBe('resumed ci-1');
});

test('ids of creations sort by time and differ', () => {
  const at = Date.parse('2026-11-21T03:45:12.000Z');
  expect(makeCreationId(at, () => 0.5)).toBe('20261121-034512-80000000');
  expect(makeCreationId(at, () => 0)).toBe('20261121-034512-00000000');
});
