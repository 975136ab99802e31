import { describe, expect, test } from 'vitest';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, REGION } from './cloud-at.ts';

leakCheck();

const LAUNCHED = new Date('2026-11-21T11:00:00Z');

describe('an instance', () => {
  test('is told in our words', async () => {
    const endpoint = await ec2Endpoint();
    const made = endpoint.add({
      instanceType: 't4g.small',
      zone: 'us-east-1b',
      launchedAt: LAUNCHED,
      publicIp: '203.0.113.9',
      privateIp: '172.31.0.9',
      tags: { Name: 'web-1', 'aws:ec2:fleet-id': 'fleet-0a', empty: '' },
    });
    expect(await cloudAt(endpoint).describe(REGION, {}, [])).toEqual([
      {
        instanceId: made.id,
        region: 'us-east-1',
        availabilityZone: 'us-east-1b',
        instanceType: 't4g.small',
        state: 'running',
        publicIp: '203.0.113.9',
        privateIp: '172.31.0.9',
        lifecycle: 'spot',
        launchedAt: '2026-11-21T11:00:00.000Z',
        tags: { Name: 'web-1', 'aws:ec2:fleet-id': 'fleet-0a', empty: '' },
        imageId: made.birth.imageId,
        isReclaimed: false,
        at: null,
        reason: '',
        requestStatus: null,
      },
    ]);
  });

  test('without an address, on demand, that its owner stopped', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add({ lifecycle: 'on-demand', publicIp: null, privateIp: null, state: 'stopped' });
    const [stopped] = endpoint.instances;
    if (stopped !== undefined) {
      stopped.reason = {
        code: 'Client.UserInitiatedShutdown',
        message: 'Client.UserInitiatedShutdown: User initiated',
      };
      stopped.transition = 'User initiated (2026-11-21 12:00:00 GMT)';
    }
    expect(await cloudAt(endpoint).describe(REGION, {}, [])).toMatchObject([
      {
        instanceId: id,
        state: 'stopped',
        publicIp: null,
        privateIp: null,
        lifecycle: 'on-demand',
        at: '2026-11-21T12:00:00.000Z',
        reason: 'Client.UserInitiatedShutdown: User initiated',
        isReclaimed: false,
      },
    ]);
    expect(endpoint.requestsFor('DescribeSpotInstanceRequests')).toEqual([]);
  });

  test('that is gone says why, with the status of its spot request', async () => {
    const endpoint = await ec2Endpoint();
    const [lost, ended, up] = [endpoint.add(), endpoint.add(), endpoint.add()];
    endpoint.reclaim(lost.id, { at: new Date('2026-11-21T12:00:00Z'), status: 'instance-terminated-by-price' });
    endpoint.terminate(ended.id);
    const found = await cloudAt(endpoint).describe(REGION, {}, []);
    expect(found).toMatchObject([
      {
        instanceId: lost.id,
        state: 'shutting-down',
        isReclaimed: true,
        at: '2026-11-21T12:00:00.000Z',
        reason: 'Server.SpotInstanceTermination: Spot instance termination',
        requestStatus: 'instance-terminated-by-price',
      },
      {
        instanceId: ended.id,
        isReclaimed: false,
        reason: 'Client.UserInitiatedShutdown: User initiated shutdown',
        requestStatus: 'instance-terminated-by-user',
      },
      { instanceId: up.id, isReclaimed: false, at: null, reason: '', requestStatus: null },
    ]);
    const asked = endpoint.requestsFor('DescribeSpotInstanceRequests').map(({ parameters }) => parameters);
    expect(asked).toMatchObject([{ 'Filter.1.Value.1': lost.id, 'Filter.1.Value.2': ended.id }]);
  });
});

describe('a fleet', () => {
  test('comes page by page, in all states', async () => {
    const endpoint = await ec2Endpoint({ pageSize: 2 });
    const states = ['running', 'pending', 'stopping', 'stopped', 'terminated'] as const;
    const ids = states.map((state) => endpoint.add({ state, lifecycle: 'on-demand' }).id);
    const found = await cloudAt(endpoint).describe(REGION, {}, []);
    expect(found.map(({ instanceId }) => instanceId)).toEqual(ids);
    expect(found.map(({ state }) => state)).toEqual(states);
    const asked = endpoint.requestsFor('DescribeInstances').map(({ parameters }) => parameters);
    expect(asked.map(({ MaxResults }) => MaxResults)).toEqual(['1000', '1000', '1000']);
    expect(asked.map(({ NextToken }) => NextToken !== undefined)).toEqual([false, true, true]);
  });

  test('has all of the tags, as they are written', async () => {
    const endpoint = await ec2Endpoint();
    const wanted = endpoint.add({ tags: { team: 'a*b?', env: 'prod' } });
    endpoint.add({ tags: { team: 'a*b?', env: 'test' } });
    endpoint.add({ tags: { team: 'axxbx', env: 'prod' } });
    endpoint.add();
    const found = await cloudAt(endpoint).describe(REGION, { team: 'a*b?', env: 'prod' }, []);
    expect(found.map(({ instanceId }) => instanceId)).toEqual([wanted.id]);
  });

  test('of one region knows nothing of another', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add({ region: 'eu-west-1' });
    const cloud = cloudAt(endpoint);
    expect(await cloud.describe('eu-west-1', {}, [])).toMatchObject([
      { instanceId: id, region: 'eu-west-1', availabilityZone: 'eu-west-1a' },
    ]);
    expect(await cloud.describe(REGION, {}, [])).toEqual([]);
  });

  test('can be asked for by ids, also by many, and without those that are gone', async () => {
    const endpoint = await ec2Endpoint();
    const ids = Array.from({ length: 401 }, () => endpoint.add().id);
    endpoint.add();
    const found = await cloudAt(endpoint).describe(REGION, {}, [...ids, 'i-0123456789abcdef0']);
    expect(found.map(({ instanceId }) => instanceId)).toEqual(ids);
    const asked = endpoint.requestsFor('DescribeInstances').map(({ parameters }) => parameters);
    expect(asked.map((parameters) => Object.keys(parameters).length - 4).sort((a, b) => a - b)).toEqual([2, 200, 200]);
  });
});
