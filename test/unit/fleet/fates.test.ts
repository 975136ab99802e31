import { expect, test } from 'vitest';
import { createFates } from '../../../src/fleet/fates.ts';
import type { Cloud } from '../../../src/inventory/cloud.ts';
import { type Instance, newInstance } from '../../../src/model/instance.ts';
import { denied } from '../../helpers/ec2/faults.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { ec2Endpoint } from '../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { cloudAt } from '../inventory/ec2/cloud-at.ts';

leakCheck();

const REGIONS = ['us-east-1', 'eu-west-1'] as const;

async function scene() {
  const endpoint = await ec2Endpoint();
  let opened = 0;
  const open = async (): Promise<Cloud> => {
    opened += 1;
    return cloudAt(endpoint);
  };
  const fates = createFates(open, systemClock);
  const add = (region: string) => {
    const { id } = endpoint.add({ region, zone: `${region}a` });
    return newInstance(id, { source: 'ec2', region });
  };
  return { endpoint, fates, add, opened: () => opened };
}

test('instances that are missed at the same moment are asked about in one call for each region', async () => {
  const { endpoint, fates, add, opened } = await scene();
  const instances = REGIONS.flatMap((region) => [add(region), add(region), add(region)]);
  const [first, second] = instances;
  endpoint.reclaim(first?.instanceId ?? '');
  endpoint.terminate(second?.instanceId ?? '');
  const told = await Promise.all(instances.map((instance) => fates.of(instance)));
  expect(told.map((fate) => [fate?.instanceId, fate?.state, fate?.isReclaimed])).toEqual(
    instances.map(({ instanceId }, index) => [instanceId, index < 2 ? 'shutting-down' : 'running', index === 0]),
  );
  expect(endpoint.requestsFor('DescribeInstances')).toHaveLength(REGIONS.length);
  expect(opened()).toBe(1);
  await fates.close();
});

test('a region is asked once a second at most, and whoever comes meanwhile is asked about with the next call', async () => {
  const { endpoint, fates, add } = await scene();
  const instances = Array.from({ length: 4 }, () => add('us-east-1'));
  const begun = Date.now();
  await fates.of(instances[0] as Instance);
  await Promise.all(instances.slice(1).map((instance) => fates.of(instance)));
  expect(Date.now() - begun).toBeGreaterThan(1000);
  expect(endpoint.requestsFor('DescribeInstances')).toHaveLength(2);
  await fates.close();
});

test('what is terminated is not asked about again, and everything else is', async () => {
  const { endpoint, fates, add } = await scene();
  const [gone, there] = [add('us-east-1'), add('us-east-1')];
  endpoint.reclaim(gone.instanceId);
  endpoint.setState(gone.instanceId, 'terminated');
  for (let times = 0; times < 2; times += 1) {
    expect(await fates.of(gone)).toMatchObject({ state: 'terminated', isReclaimed: true });
    expect(await fates.of(there)).toMatchObject({ state: 'running' });
  }
  // one for each question about the one that is there, and one about the other
  expect(endpoint.requestsFor('DescribeInstances')).toHaveLength(3);
  await fates.close();
});

test('nobody is asked about a host that was added by hand, and nothing is opened for it', async () => {
  const { fates, opened } = await scene();
  expect(await fates.of(newInstance('web-1', { region: 'us-east-1' }))).toBe(null);
  expect(await fates.of(newInstance('i-1', { source: 'ec2' }))).toBe(null);
  await fates.close();
  expect(opened()).toBe(0);
});

test('what goes wrong is told to everyone who asked, and the next question is asked anew', async () => {
  const { endpoint, fates, add } = await scene();
  const instances = [add('us-east-1'), add('us-east-1')];
  endpoint.fail('DescribeInstances', denied('DescribeInstances', 'us-east-1'), { times: 1 });
  const told = await Promise.allSettled(instances.map((instance) => fates.of(instance)));
  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await fates.of(instances[0] as Instance)).toMatchObject({ state: 'running' });
  await fates.close();
});

test('a cloud that cannot be opened is tried again with the next question', async () => {
  let tries = 0;
  const fates = createFates(() => Promise.reject(new Error(`no credentials ${(tries += 1)}`)), systemClock);
  const instance = newInstance('i-1', { source: 'ec2', region: 'us-east-1' });
  await expect(fates.of(instance)).rejects.toThrow('no credentials 1');
  await expect(fates.of(instance)).rejects.toThrow('no credentials 2');
  await fates.close();
});
