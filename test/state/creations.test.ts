import { describe, expect, test } from 'vitest';
import type { CreationOrder } from '../../src/model/creation.ts';
import type { State } from '../../src/state/state.ts';
import { aRequest } from '../unit/fleet/requests.ts';
import { anInstance, NOW } from './records.ts';
import { behind, openedState, temporaryFolder } from './support.ts';

const DEAD = { pid: 999_999_999, hostName: 'gone', bootId: null, startTicks: null };

function aState(): State {
  return openedState(temporaryFolder());
}

function killClients(state: State): void {
  behind(state, `UPDATE creations SET client = '${JSON.stringify(DEAD)}'`);
}

function anOrder(number: number, instanceIds: readonly string[] | null = null): CreationOrder {
  return {
    place: { region: 'us-east-1', availabilityZone: null, instanceTypes: ['t3.micro'] },
    settings: { imageId: 'ami-1', sshUser: null, keyName: 'key', securityGroupId: 'sg-1' },
    count: 2,
    clientToken: `spot-c1-${number}`,
    instanceIds,
  };
}

describe('a creation', () => {
  test('is new where nobody has asked for the same', () => {
    const state = aState();
    const request = aRequest();
    expect(state.creations.claim('c1', request)).toEqual({
      kind: 'new',
      creation: { id: 'c1', createdAt: NOW, request, orders: [] },
    });
  });

  test('of a client that lives is its own: the same request is another creation', () => {
    const state = aState();
    state.creations.claim('c1', aRequest());
    expect(state.creations.claim('c2', aRequest())).toMatchObject({ kind: 'new', creation: { id: 'c2' } });
  });

  test('of a dead client is gone on with, by one of those who come', () => {
    const state = aState();
    state.creations.claim('c1', aRequest());
    state.creations.ordered('c1', anOrder(1));
    killClients(state);
    const resumed = state.creations.claim('c2', aRequest());
    expect(resumed).toMatchObject({ kind: 'resumed', creation: { id: 'c1', orders: [anOrder(1)] } });
    expect(state.creations.claim('c3', aRequest())).toMatchObject({ kind: 'new', creation: { id: 'c3' } });
  });

  test('of another request is left alone', () => {
    const state = aState();
    state.creations.claim('c1', aRequest());
    killClients(state);
    expect(state.creations.claim('c2', aRequest({ count: 6 }))).toMatchObject({ kind: 'new' });
  });

  test('that is finished is not gone on with', () => {
    const state = aState();
    state.creations.claim('c1', aRequest());
    state.creations.finished('c1');
    killClients(state);
    expect(state.creations.claim('c2', aRequest())).toMatchObject({ kind: 'new', creation: { id: 'c2' } });
  });

  test('keeps its orders, and the fleet gets the instances of an answer with it', () => {
    const state = aState();
    state.creations.claim('c1', aRequest());
    state.creations.ordered('c1', anOrder(1));
    state.creations.answered('c1', anOrder(1, ['i-1']), [anInstance('i-1', { source: 'ec2' })]);
    state.creations.ordered('c1', anOrder(2));
    expect(state.instances.list()).toEqual([anInstance('i-1', { source: 'ec2' })]);
    killClients(state);
    expect(state.creations.claim('c2', aRequest()).creation.orders).toEqual([anOrder(1, ['i-1']), anOrder(2)]);
  });
});

describe('a creation with a client token', () => {
  const request = aRequest({ clientToken: 'ci-42' });

  test('is known by it, even when it is finished', () => {
    const state = aState();
    state.creations.claim('ci-42', request);
    state.creations.finished('ci-42');
    expect(state.creations.claim('ci-42', request)).toMatchObject({ kind: 'resumed', creation: { id: 'ci-42' } });
  });

  test('is busy as long as its client lives', () => {
    const state = aState();
    state.creations.claim('ci-42', request);
    expect(state.creations.claim('ci-42', request)).toMatchObject({ kind: 'busy', client: { pid: process.pid } });
    killClients(state);
    expect(state.creations.claim('ci-42', request)).toMatchObject({ kind: 'resumed' });
  });

  test('is not another request', () => {
    const state = aState();
    state.creations.claim('ci-42', request);
    state.creations.finished('ci-42');
    expect(state.creations.claim('ci-42', { ...request, count: 9 })).toMatchObject({ kind: 'different' });
  });
});

test('a creation whose row is damaged is an error and not a new creation', () => {
  const state = aState();
  state.creations.claim('ci-42', aRequest({ clientToken: 'ci-42' }));
  behind(state, `UPDATE creations SET orders = '[oops'`);
  expect(() => state.creations.claim('ci-42', aRequest({ clientToken: 'ci-42' }))).toThrow(/is broken/);
});
