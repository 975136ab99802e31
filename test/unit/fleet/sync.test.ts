import { describe, expect, test } from 'vitest';
import { placesOf } from '../../../src/fleet/places.ts';
import { type RegionSync, type SyncRequest, syncFleet } from '../../../src/fleet/sync.ts';
import type { Instance } from '../../../src/model/instance.ts';
import type { State } from '../../../src/state/state.ts';
import { anInstance } from '../../state/records.ts';
import { openedState, temporaryFolder } from '../../state/support.ts';
import { aCloudInstance, MemoryCloud } from './memory-cloud.ts';

const NOON = Date.parse('2026-07-01T12:00:00.000Z');

/** A state and a cloud, and a clock that stands still until it is moved. */
class Scene {
  now = NOON;
  readonly clock = { now: () => this.now };
  readonly state: State = openedState(temporaryFolder(), this.clock);
  readonly cloud = new MemoryCloud();

  /** after so many minutes */
  sync(minutes = 0, request: Partial<SyncRequest> = {}): Promise<RegionSync[]> {
    this.now += minutes * 60_000;
    const places = placesOf(['us-east-1'], this.state.instances.list());
    return syncFleet({ places, tags: {}, withPrices: false, ...request }, this);
  }

  row(instanceId: string): Instance {
    const found = this.state.instances.find(instanceId);
    if (found === null) throw new Error(`no row ${instanceId}`);
    return found;
  }
}

/** Ids by what became of them. */
function idsOf(sync: RegionSync | undefined): Record<string, string[]> {
  if (sync === undefined) throw new Error('a region was expected');
  const { added, changed, gone, unchanged, byHand } = sync;
  const lists = Object.entries({ added, changed, gone, unchanged, byHand }).filter(([, list]) => list.length > 0);
  return Object.fromEntries(lists.map(([kind, list]) => [kind, list.map(({ instanceId }) => instanceId)]));
}

describe('an instance', () => {
  test('that is new is added with all that EC2 tells of it', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1', { tags: { Name: 'web-1', 'aws:autoscaling:groupName': 'web' } }));
    const [sync] = await scene.sync();
    expect(sync).toMatchObject({ region: 'us-east-1', problem: null, priceProblem: null });
    expect(idsOf(sync)).toEqual({ added: ['i-1'] });
    expect(scene.row('i-1')).toEqual(
      anInstance('i-1', {
        name: 'web-1',
        source: 'ec2',
        region: 'us-east-1',
        availabilityZone: 'us-east-1a',
        instanceType: 't3.micro',
        publicIp: '203.0.113.1',
        privateIp: '10.0.0.1',
        lifecycle: 'spot',
        tags: { Name: 'web-1', 'aws:autoscaling:groupName': 'web' },
        launchedAt: '2026-07-01T11:00:00.000Z',
        seenAt: '2026-07-01T12:00:00.000Z',
        createdAt: '2026-07-01T12:00:00.000Z',
        updatedAt: '2026-07-01T12:00:00.000Z',
      }),
    );
    expect(scene.state.syncs.lastOf('us-east-1')).toBe('2026-07-01T12:00:00.000Z');
    expect(scene.state.syncs.lastOf('eu-west-1')).toBeNull();
  });

  test('that has ended and was never known is of no interest', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1', { state: 'terminated' }), aCloudInstance('i-2', { state: 'shutting-down' }));
    expect(idsOf((await scene.sync())[0])).toEqual({});
    expect(scene.state.instances.list()).toEqual([]);
  });

  test('that is as before is unchanged, and was seen', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1'));
    await scene.sync();
    expect(idsOf((await scene.sync(5))[0])).toEqual({ unchanged: ['i-1'] });
    expect(scene.row('i-1')).toMatchObject({
      seenAt: '2026-07-01T12:05:00.000Z',
      updatedAt: '2026-07-01T12:00:00.000Z',
    });
  });

  test('that was stopped and started has a new address, and keeps what is known here alone', async () => {
    const scene = new Scene();
    const own = { hostKey: 'ssh-ed25519 A', sshUser: 'admin', sshPort: 2222, payloadStatus: 'executed' as const };
    scene.state.instances.add([anInstance('i-1', { source: 'ec2', publicIp: '203.0.113.1', ...own })]);
    scene.cloud.put(aCloudInstance('i-1', { publicIp: '203.0.113.9', tags: { Name: 'web-9' } }));
    expect(idsOf((await scene.sync(5))[0])).toEqual({ changed: ['i-1'] });
    expect(scene.row('i-1')).toMatchObject({ ...own, publicIp: '203.0.113.9', name: 'web-9' });
  });

  test('without a Name tag keeps the name it was given here, and loses one that came from the tag', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1', { tags: {} }), aCloudInstance('i-2'));
    await scene.sync();
    scene.state.instances.update('i-1', { name: 'mine' });
    scene.cloud.put(aCloudInstance('i-2', { tags: { Name: '' } }));
    expect(idsOf((await scene.sync(5))[0])).toEqual({ changed: ['i-2'], unchanged: ['i-1'] });
    expect([scene.row('i-1').name, scene.row('i-2').name]).toEqual(['mine', null]);
  });

  test('that has the address of a terminated one is another host: the key stays with the id', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1'));
    await scene.sync();
    scene.state.instances.pinHostKey('i-1', 'ssh-ed25519 A');
    scene.cloud.put(
      aCloudInstance('i-1', { state: 'terminated', publicIp: null, privateIp: null }),
      aCloudInstance('i-2'),
    );
    expect(idsOf((await scene.sync(5))[0])).toEqual({ added: ['i-2'], gone: ['i-1'] });
    expect(scene.row('i-1')).toMatchObject({ publicIp: null, hostKey: 'ssh-ed25519 A' });
    expect(scene.row('i-2')).toMatchObject({ publicIp: '203.0.113.1', hostKey: null });
  });

  test('added by hand stays as it is, even with the id of one in EC2', async () => {
    const scene = new Scene();
    const byHand = [anInstance('i-1', { publicIp: 'web.local' }), anInstance('web-2', { region: 'us-east-1' })];
    scene.state.instances.add(byHand);
    scene.cloud.put(aCloudInstance('i-1'));
    expect(idsOf((await scene.sync(5))[0])).toEqual({ byHand: ['i-1'] });
    expect(scene.state.instances.list()).toEqual(byHand);
  });
});

describe('an instance that is not found any more', () => {
  test('is marked terminated and never deleted, and its addresses are free for others', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1'), aCloudInstance('i-2'));
    await scene.sync();
    scene.cloud.instances.delete('i-1');
    expect(idsOf((await scene.sync(5))[0])).toEqual({ gone: ['i-1'], unchanged: ['i-2'] });
    expect(scene.row('i-1')).toMatchObject({
      state: 'terminated',
      stateReason: 'EC2 does not know the instance any more',
      publicIp: null,
      privateIp: null,
      seenAt: '2026-07-01T12:00:00.000Z',
    });
    const asked = scene.cloud.calls.length;
    expect(idsOf((await scene.sync(5))[0])).toEqual({ unchanged: ['i-2'] });
    expect(scene.cloud.calls.slice(asked)).toEqual(['describe us-east-1']);
  });

  test('as it has lost a tag is kept up to date, and not called terminated', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1'));
    const web = { tags: { team: 'web' } };
    await scene.sync(0, web);
    scene.cloud.put(aCloudInstance('i-1', { tags: { Name: 'web-1' }, publicIp: '203.0.113.9' }));
    expect(idsOf((await scene.sync(5, web))[0])).toEqual({ changed: ['i-1'] });
    expect(scene.row('i-1')).toMatchObject({ state: 'running', publicIp: '203.0.113.9', tags: { Name: 'web-1' } });
  });

  test('as it was made a moment ago is left alone', async () => {
    const scene = new Scene();
    const born = anInstance('i-1', { source: 'ec2', region: 'us-east-1', createdAt: '2026-07-01T12:00:00.000Z' });
    scene.state.instances.add([born]);
    expect(idsOf((await scene.sync(1))[0])).toEqual({});
    expect(scene.row('i-1')).toEqual(born);
    expect(idsOf((await scene.sync(2))[0])).toEqual({ gone: ['i-1'] });
  });

  test('in a region that is not configured is asked for, and nothing new is found there', async () => {
    const scene = new Scene();
    const there = { region: 'eu-west-1' };
    scene.state.instances.add([anInstance('i-1', { source: 'ec2', ...there })]);
    scene.cloud.put(aCloudInstance('i-1', { ...there, state: 'stopped' }), aCloudInstance('i-2', there));
    const syncs = await scene.sync(5);
    expect(syncs.map(({ region }) => region)).toEqual(['us-east-1', 'eu-west-1']);
    expect(idsOf(syncs[1])).toEqual({ changed: ['i-1'] });
    expect(scene.row('i-1').state).toBe('stopped');
    scene.state.instances.update('i-1', { state: 'terminated' });
    expect(await scene.sync(5)).toHaveLength(1);
  });
});

describe('regions', () => {
  test('are looked up apart: one that fails stays as it was seen last, with its problem', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1'), aCloudInstance('i-2', { region: 'eu-west-1' }));
    const regions = ['us-east-1', 'eu-west-1'];
    const both = { places: placesOf(regions, []) };
    await scene.sync(0, both);
    scene.cloud.broken.set('us-east-1', 'all');
    scene.cloud.instances.clear();
    const [east, west] = await scene.sync(5, both);
    expect(east?.problem).toMatchObject({ code: 'aws-unreachable', exitCode: 69 });
    expect(idsOf(east)).toEqual({});
    expect(west).toMatchObject({ problem: null, gone: [{ instanceId: 'i-2' }] });
    expect(scene.row('i-1')).toMatchObject({ state: 'running', seenAt: '2026-07-01T12:00:00.000Z' });
    expect(regions.map((region) => scene.state.syncs.lastOf(region))).toEqual([
      '2026-07-01T12:00:00.000Z',
      '2026-07-01T12:05:00.000Z',
    ]);
  });

  test('that were asked earlier do not overrule what was seen later', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1'));
    await scene.sync(10);
    scene.cloud.put(aCloudInstance('i-1', { state: 'stopped' }));
    expect(idsOf((await scene.sync(-5))[0])).toEqual({ unchanged: ['i-1'] });
    expect(scene.row('i-1').state).toBe('running');
    expect(scene.state.syncs.lastOf('us-east-1')).toBe('2026-07-01T12:10:00.000Z');
  });
});

describe('prices', () => {
  const price = { instanceType: 't3.micro', availabilityZone: 'us-east-1a', hourlyPrice: 0.0031 };

  test('are those of spot instances by type and zone, asked for only on demand, and stay until the next ones', async () => {
    const scene = new Scene();
    scene.cloud.put(
      aCloudInstance('i-1'),
      aCloudInstance('i-2', { availabilityZone: 'us-east-1b' }),
      aCloudInstance('i-3', { lifecycle: 'on-demand' }),
    );
    scene.cloud.prices.push(price);
    await scene.sync();
    expect(scene.cloud.calls).not.toContain('spotPrices us-east-1');
    expect(idsOf((await scene.sync(5, { withPrices: true }))[0])).toEqual({ unchanged: ['i-1', 'i-2', 'i-3'] });
    await scene.sync(5);
    expect(['i-1', 'i-2', 'i-3'].map((id) => scene.row(id).hourlyPrice)).toEqual([0.0031, null, null]);
  });

  test('that nobody tells are no failure of the sync', async () => {
    const scene = new Scene();
    scene.cloud.put(aCloudInstance('i-1'));
    scene.cloud.broken.set('us-east-1', 'spotPrices');
    const [sync] = await scene.sync(0, { withPrices: true });
    expect(sync).toMatchObject({ problem: null, priceProblem: { code: 'aws-not-allowed' } });
    expect(idsOf(sync)).toEqual({ added: ['i-1'] });
  });
});

test('a row that makes no sense is an error of the state, not of a region', async () => {
  const scene = new Scene();
  scene.state.instances.add([anInstance('i-1', { sshPort: 99_999 })]);
  scene.cloud.put(aCloudInstance('i-2'));
  await expect(syncFleet({ places: placesOf(['us-east-1'], []), tags: {}, withPrices: false }, scene)).rejects.toThrow(
    'instance i-1',
  );
});
