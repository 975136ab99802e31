import { describe, expect, test } from 'vitest';
import { ENDED_BY_OWNER, TAKEN_BACK } from '../../../../src/inventory/ec2/fate.ts';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { denied } from '../../../helpers/ec2/faults.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, REGION } from './cloud-at.ts';

leakCheck();

const NOON = new Date('2026-11-21T12:00:00Z');

test('nothing is asked about nobody', async () => {
  const endpoint = await ec2Endpoint();
  expect(await cloudAt(endpoint).fates(REGION, [])).toEqual([]);
  expect(endpoint.requests).toEqual([]);
});

test('fates come in the order of the ids, whatever became of them', async () => {
  const endpoint = await ec2Endpoint();
  const [up, lost, ended, bought] = [
    endpoint.add(),
    endpoint.add(),
    endpoint.add(),
    endpoint.add({ lifecycle: 'on-demand' }),
  ];
  endpoint.reclaim(lost.id, { at: NOON });
  endpoint.terminate(ended.id);
  endpoint.terminate(bought.id);
  const unknown = 'i-0123456789abcdef0';
  const ids = [unknown, bought.id, ended.id, lost.id, up.id];
  expect(await cloudAt(endpoint).fates(REGION, ids)).toMatchObject([
    {
      instanceId: unknown,
      state: 'terminated',
      isReclaimed: false,
      at: null,
      reason: 'EC2 does not know the instance any more',
      requestStatus: null,
    },
    {
      instanceId: bought.id,
      state: 'shutting-down',
      isReclaimed: false,
      reason: 'Client.UserInitiatedShutdown: User initiated shutdown',
      requestStatus: null,
    },
    { instanceId: ended.id, state: 'shutting-down', isReclaimed: false, requestStatus: 'instance-terminated-by-user' },
    {
      instanceId: lost.id,
      state: 'shutting-down',
      isReclaimed: true,
      at: '2026-11-21T12:00:00.000Z',
      reason: 'Server.SpotInstanceTermination: Spot instance termination',
      requestStatus: 'instance-terminated-no-capacity',
    },
    { instanceId: up.id, state: 'running', isReclaimed: false, at: null, reason: '', requestStatus: 'fulfilled' },
  ]);
});

test('a spot request outlives its instance, and says that it was taken back', async () => {
  const endpoint = await ec2Endpoint();
  const { id } = endpoint.add();
  endpoint.reclaim(id, { at: NOON });
  endpoint.forget(id);
  expect(await cloudAt(endpoint).fates(REGION, [id])).toEqual([
    {
      instanceId: id,
      state: 'terminated',
      isReclaimed: true,
      at: '2026-11-21T12:00:00.000Z',
      reason: expect.stringContaining('no Spot capacity available') as string,
      requestStatus: 'instance-terminated-no-capacity',
    },
  ]);
});

test('whoever may not see spot requests is told what the instance itself says', async () => {
  const endpoint = await ec2Endpoint();
  const [lost, ended] = [endpoint.add(), endpoint.add()];
  endpoint.reclaim(lost.id);
  endpoint.terminate(ended.id);
  endpoint.fail('DescribeSpotInstanceRequests', denied('DescribeSpotInstanceRequests', REGION));
  const cloud = cloudAt(endpoint);
  const told = [
    { instanceId: lost.id, isReclaimed: true, requestStatus: null },
    { instanceId: ended.id, isReclaimed: false, requestStatus: null },
  ];
  expect(await cloud.fates(REGION, [lost.id, ended.id])).toMatchObject(told);
  expect(await cloud.describe(REGION, {}, [])).toMatchObject(told);
});

describe('the status of a spot request', () => {
  test.each(TAKEN_BACK)('%s: it was taken back', async (status) => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add();
    endpoint.reclaim(id, { status });
    endpoint.forget(id);
    expect(await cloudAt(endpoint).fates(REGION, [id])).toMatchObject([{ isReclaimed: true, requestStatus: status }]);
  });

  test.each(ENDED_BY_OWNER)('%s: its owner ended it, whatever else is said', async (status) => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add();
    endpoint.reclaim(id, { status });
    expect(await cloudAt(endpoint).fates(REGION, [id])).toMatchObject([{ isReclaimed: false, requestStatus: status }]);
  });

  test('marked-for-stop while its owner stops it: he did it', async () => {
    const endpoint = await ec2Endpoint();
    const lost = endpoint.add();
    endpoint.reclaim(lost.id, { status: 'marked-for-stop' });
    lost.reason = { code: 'Client.UserInitiatedShutdown', message: 'User initiated shutdown' };
    expect(await cloudAt(endpoint).fates(REGION, [lost.id])).toMatchObject([
      { isReclaimed: false, reason: 'Client.UserInitiatedShutdown: User initiated shutdown' },
    ]);
  });

  test('instance-terminated-no-capacity comes two minutes before the end', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add();
    endpoint.reclaim(id);
    endpoint.setState(id, 'running');
    expect(await cloudAt(endpoint).fates(REGION, [id])).toMatchObject([
      { state: 'running', isReclaimed: true, at: null, requestStatus: 'instance-terminated-no-capacity' },
    ]);
  });

  test('that says nothing leaves the word to the state reason', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add();
    endpoint.reclaim(id, { status: 'request-canceled-and-instance-running' });
    expect(await cloudAt(endpoint).fates(REGION, [id])).toMatchObject([{ isReclaimed: true }]);
  });
});

test('an instance that was stopped for want of capacity is taken back, too', async () => {
  const endpoint = await ec2Endpoint({ pace: { shuttingDown: { calls: 0 } } });
  const { id } = endpoint.add();
  endpoint.reclaim(id, { status: 'instance-stopped-no-capacity', at: NOON });
  expect(await cloudAt(endpoint).fates(REGION, [id])).toMatchObject([
    {
      state: 'stopped',
      isReclaimed: true,
      at: '2026-11-21T12:00:00.000Z',
      reason: 'Server.SpotInstanceShutdown: Spot Instance shutdown',
    },
  ]);
});
