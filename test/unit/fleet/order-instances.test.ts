import { describe, expect, test } from 'vitest';
import type { CreateEvent } from '../../../src/fleet/create-event.ts';
import { placeName } from '../../../src/fleet/launch-places.ts';
import { type Ordered, orderInstances } from '../../../src/fleet/order-instances.ts';
import type { CreationRequest } from '../../../src/model/creation.ts';
import type { State } from '../../../src/state/state.ts';
import { fixedClock, openedState, temporaryFolder, withDriver } from '../../state/support.ts';
import { LaunchCloud } from './launch-cloud.ts';
import { aRequest } from './requests.ts';

const SETTINGS = { imageId: 'ami-1', sshUser: 'ubuntu', keyName: 'spot-key', securityGroupId: 'sg-1' };

/** A state, a cloud, and a client that dies and comes back. */
class Scene {
  readonly state: State = openedState(temporaryFolder());
  readonly cloud = new LaunchCloud();
  readonly told: string[] = [];
  readonly #stop = new AbortController();

  stop(): void {
    this.#stop.abort(new Error('stopped'));
  }

  /** What `spot create` does of this request, up to here. */
  async order(changes: Partial<CreationRequest> = {}, id = 'c1'): Promise<string> {
    const claim = this.state.creations.claim(id, aRequest(changes));
    const ordered = await orderInstances(claim.creation, {
      cloud: this.cloud,
      settings: async () => SETTINGS,
      userData: null,
      record: this.state.creations,
      emit: (event) => this.#note(event),
      clock: fixedClock,
      signal: this.#stop.signal,
    });
    return idsOf(ordered);
  }

  /** The client that is at it is another process from now on, which is dead. */
  killClient(): void {
    const dead = JSON.stringify({ pid: 999_999_999, hostName: 'gone', bootId: null, startTicks: null });
    withDriver(this.state.path, (driver) => driver.prepare('UPDATE creations SET client = ?').run(dead));
  }

  #note(event: CreateEvent): void {
    if (event.type !== 'short') return;
    const next = event.next === null ? 'nowhere' : placeName(event.next);
    this.told.push(`${event.shortages.join(' ')} (${event.created}), then ${next}`);
  }
}

function idsOf(ordered: readonly Ordered[]): string {
  return ordered.map(({ instanceId, region }) => `${instanceId}@${region}`).join(' ');
}

describe('instances are ordered', () => {
  test('in one call where there is room', async () => {
    const scene = new Scene();
    expect(await scene.order({ count: 2 })).toBe('i-1@us-east-1 i-2@us-east-1');
    expect(scene.cloud.calls).toEqual(['us-east-1 2 spot-c1-1']);
    expect(scene.told).toEqual([]);
    expect(scene.cloud.orders[0]).toEqual({
      region: 'us-east-1',
      availabilityZone: null,
      instanceTypes: ['t3.micro'],
      count: 2,
      lifecycle: 'spot',
      maxPrice: null,
      imageId: 'ami-1',
      keyName: 'spot-key',
      securityGroupId: 'sg-1',
      subnetId: null,
      userData: null,
      tags: { Name: 'web', 'spot:creation': 'c1' },
      clientToken: 'spot-c1-1',
    });
  });

  test('from place to place for what is still missing', async () => {
    const scene = new Scene();
    for (const [place, count] of Object.entries({ 'us-east-1': 2, 'us-east-1a': 0, 'us-east-1b': 1, 'eu-west-1': 0 })) {
      scene.cloud.room.set(place, count);
    }
    const ordered = await scene.order({ regions: ['us-east-1', 'eu-west-1'] });
    expect(ordered).toBe('i-1@us-east-1 i-2@us-east-1 i-3@us-east-1 i-4@eu-west-1 i-5@eu-west-1');
    expect(scene.cloud.calls).toEqual([
      'us-east-1 5 spot-c1-1',
      'zones us-east-1',
      'us-east-1a 3 spot-c1-2',
      'us-east-1b 3 spot-c1-3',
      'eu-west-1 2 spot-c1-4',
      'zones eu-west-1',
      'eu-west-1a 2 spot-c1-5',
    ]);
    expect(scene.told).toEqual([
      'us-east-1: no capacity (2), then us-east-1a',
      'us-east-1a: no capacity (2), then us-east-1b',
      'us-east-1b: no capacity (3), then eu-west-1',
      'eu-west-1: no capacity (3), then eu-west-1a',
    ]);
  });

  test('of several types by one call a region', async () => {
    const scene = new Scene();
    scene.cloud.room.set('us-east-1', 1);
    const regions = ['us-east-1', 'eu-west-1'];
    await scene.order({ instanceTypes: ['t3.micro', 't3a.micro'], regions, count: 2 });
    expect(scene.cloud.calls).toEqual(['us-east-1 2 spot-c1-1', 'eu-west-1 1 spot-c1-2']);
  });

  test('as far as there is room anywhere', async () => {
    const scene = new Scene();
    for (const place of ['us-east-1', 'us-east-1a', 'us-east-1b']) scene.cloud.room.set(place, 1);
    expect(await scene.order()).toBe('i-1@us-east-1 i-2@us-east-1 i-3@us-east-1');
    expect(scene.told.at(-1)).toBe('us-east-1b: no capacity (3), then nowhere');
  });

  test('no more once somebody says stop', async () => {
    const scene = new Scene();
    scene.stop();
    await expect(scene.order()).rejects.toThrow('stopped');
    expect(scene.cloud.calls).toEqual([]);
  });
});

describe('of an order that was answered', () => {
  test('the instances are in the fleet at once', async () => {
    const scene = new Scene();
    await scene.order({ count: 1 });
    expect(scene.state.instances.find('i-1')).toMatchObject({
      source: 'ec2',
      region: 'us-east-1',
      state: 'pending',
      instanceType: 't3.micro',
      lifecycle: 'spot',
      name: 'web',
      sshUser: 'ubuntu',
      tags: { Name: 'web', 'spot:creation': 'c1' },
    });
  });
});

describe('after kill -9 the same request', () => {
  test('repeats the call whose answer was lost, and creates nothing twice', async () => {
    const scene = new Scene();
    scene.cloud.room.set('us-east-1', 3);
    scene.cloud.losesAnswer = true;
    await expect(scene.order()).rejects.toThrow('the answer was lost');
    scene.killClient();
    expect(await scene.order({}, 'c2')).toBe('i-1@us-east-1 i-2@us-east-1 i-3@us-east-1 i-4@us-east-1 i-5@us-east-1');
    expect(scene.cloud.calls).toEqual([
      'us-east-1 5 spot-c1-1',
      'us-east-1 5 spot-c1-1',
      'zones us-east-1',
      'us-east-1a 2 spot-c1-2',
    ]);
    expect(scene.cloud.created).toBe(5);
  });

  test('asks for nothing that was answered', async () => {
    const scene = new Scene();
    await scene.order();
    scene.killClient();
    expect(await scene.order({}, 'c2')).toBe(await new Scene().order());
    expect(scene.cloud.calls).toEqual(['us-east-1 5 spot-c1-1']);
  });

  test('goes on behind the places that fell short', async () => {
    const scene = new Scene();
    scene.cloud.room.set('us-east-1', 2);
    scene.cloud.room.set('us-east-1a', 1);
    scene.cloud.room.set('us-east-1b', 0);
    await scene.order({ count: 4 });
    scene.killClient();
    scene.cloud.calls.length = 0;
    await scene.order({ count: 4 }, 'c2');
    expect(scene.cloud.calls).toEqual(['zones us-east-1']);
  });
});
