import { describe, expect, test } from 'vitest';
import type { LaunchOrder } from '../../../../src/inventory/cloud.ts';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, refusal } from './cloud-at.ts';
import { asked, orderAt } from './order-at.ts';

leakCheck();

describe('an order of one type', () => {
  test("is asked for in EC2's words, spot instances and their disks with their tags", async () => {
    const endpoint = await ec2Endpoint();
    const order = orderAt(endpoint, {
      availabilityZone: 'us-east-1b',
      count: 2,
      maxPrice: '0.01',
      userData: Buffer.from('#!/bin/sh\necho hello\n'),
      tags: { Name: 'web', 'spot:creation': 'c1' },
      clientToken: 'token-1',
    });
    const launched = await cloudAt(endpoint).launch(order);
    expect(launched).toEqual({
      instanceIds: endpoint.instances.map(({ id }) => id),
      shortages: [],
      leftovers: [],
    });
    expect(launched.instanceIds).toHaveLength(2);
    expect(asked(endpoint, 'RunInstances')).toEqual([
      {
        ImageId: order.imageId,
        InstanceType: 't3.micro',
        MinCount: '1',
        MaxCount: '2',
        'SecurityGroupId.1': order.securityGroupId,
        'Placement.AvailabilityZone': 'us-east-1b',
        UserData: Buffer.from('#!/bin/sh\necho hello\n').toString('base64'),
        ClientToken: 'token-1',
        InstanceInitiatedShutdownBehavior: 'terminate',
        'MetadataOptions.HttpTokens': 'required',
        'MetadataOptions.HttpEndpoint': 'enabled',
        'InstanceMarketOptions.MarketType': 'spot',
        'InstanceMarketOptions.SpotOptions.SpotInstanceType': 'one-time',
        'InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior': 'terminate',
        'InstanceMarketOptions.SpotOptions.MaxPrice': '0.01',
        ...tagged(1, 'instance'),
        ...tagged(2, 'volume'),
        ...tagged(3, 'spot-instances-request'),
      },
    ]);
    expect(endpoint.instances.map(({ birth }) => [birth.lifecycle, birth.zone])).toEqual([
      ['spot', 'us-east-1b'],
      ['spot', 'us-east-1b'],
    ]);
  });

  test('on demand, in a subnet, with a key and nothing else', async () => {
    const endpoint = await ec2Endpoint();
    const subnetId = [...endpoint.region().network.subnets.keys()][2] ?? '';
    const order = orderAt(endpoint, { lifecycle: 'on-demand', subnetId, availabilityZone: 'us-east-1c', tags: {} });
    await cloudAt(endpoint).launch(order);
    expect(asked(endpoint, 'RunInstances')).toEqual([
      {
        ImageId: order.imageId,
        InstanceType: 't3.micro',
        MinCount: '1',
        MaxCount: '1',
        'SecurityGroupId.1': order.securityGroupId,
        SubnetId: subnetId,
        ClientToken: 'token',
        InstanceInitiatedShutdownBehavior: 'terminate',
        'MetadataOptions.HttpTokens': 'required',
        'MetadataOptions.HttpEndpoint': 'enabled',
      },
    ]);
    expect(endpoint.instances.map(({ birth }) => birth.zone)).toEqual(['us-east-1c']);
  });

  test('asked for again with the same token, after its answer was lost, makes nothing more', async () => {
    const endpoint = await ec2Endpoint();
    const order = orderAt(endpoint, { count: 2 });
    endpoint.fail('RunInstances', { closes: 'after' }, { times: 1 });
    const cloud = cloudAt(endpoint);
    const first = await cloud.launch(order);
    expect(await cloud.launch(order)).toEqual(first);
    expect(endpoint.instances.map(({ id }) => id)).toEqual(first.instanceIds);
    expect(endpoint.requestsFor('RunInstances')).toHaveLength(3);
  });

  test('is repeated where EC2 does not know yet what was made for it', async () => {
    const endpoint = await ec2Endpoint();
    const words = "The key pair 'spot-0a' does not exist";
    endpoint.fail('RunInstances', { code: 'InvalidKeyPair.NotFound', message: words }, { times: 1 });
    expect((await cloudAt(endpoint).launch(orderAt(endpoint))).instanceIds).toHaveLength(1);
    expect(endpoint.requestsFor('RunInstances').map(({ answer }) => answer)).toEqual(['InvalidKeyPair.NotFound', 'ok']);
  });

  test('that differs from the one with its token is refused', async () => {
    const endpoint = await ec2Endpoint();
    const cloud = cloudAt(endpoint);
    await cloud.launch(orderAt(endpoint));
    const error = await refusal(cloud.launch(orderAt(endpoint, { count: 2 })));
    expect([error.code, error.exitCode]).toEqual(['aws-token-reused', 78]);
  });

  test('gets as many as there is room for', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.limit({ zone: 'us-east-1a' }, 3);
    const launched = await cloudAt(endpoint).launch(orderAt(endpoint, { count: 5, availabilityZone: 'us-east-1a' }));
    expect(launched.instanceIds).toHaveLength(3);
    expect(launched.shortages).toEqual(['got 3 of 5 t3.micro in us-east-1a: there is no room for more']);
  });
});

describe('a shortage is no error', () => {
  test.each<readonly [string, string, Partial<LaunchOrder>, string]>([
    [
      'InsufficientInstanceCapacity',
      'There is no Spot capacity available that matches your request.',
      { availabilityZone: 'us-east-1a' },
      'cannot have t3.micro in us-east-1a: there is no room (InsufficientInstanceCapacity: There is no Spot capacity ' +
        'available that matches your request)',
    ],
    [
      'InsufficientFreeAddressesInSubnet',
      'There are not enough free addresses in subnet.',
      { subnetId: 'subnet-0a' },
      'cannot have t3.micro in subnet-0a: the subnet has no free addresses (InsufficientFreeAddressesInSubnet: There ' +
        'are not enough free addresses in subnet)',
    ],
    [
      'SpotMaxPriceTooLow',
      'Your Spot request price of 0.001 is lower than the minimum required Spot request fulfillment price of 0.0031.',
      { maxPrice: '0.001' },
      'cannot have t3.micro in us-east-1: the highest price is below what it costs (SpotMaxPriceTooLow: Your Spot ' +
        'request price of 0.001 is lower than the minimum required Spot request fulfillment price of 0.0031)',
    ],
    [
      'MaxSpotInstanceCountExceeded',
      'Max spot instance count exceeded',
      {},
      'cannot have t3.micro in us-east-1: the account may not have more (MaxSpotInstanceCountExceeded: Max spot ' +
        'instance count exceeded)',
    ],
    [
      'VcpuLimitExceeded',
      'You have requested more vCPU capacity than your current vCPU limit of 5 allows.',
      { lifecycle: 'on-demand' },
      'cannot have t3.micro in us-east-1: the account may not have more (VcpuLimitExceeded: You have requested more ' +
        'vCPU capacity than your current vCPU limit of 5 allows)',
    ],
    [
      'Unsupported',
      'Your requested instance type (t3.micro) is not supported in your requested Availability Zone (us-east-1e).',
      { availabilityZone: 'us-east-1e' },
      'cannot have t3.micro in us-east-1e: it is not offered (Unsupported: Your requested instance type (t3.micro) is ' +
        'not supported in your requested Availability Zone (us-east-1e))',
    ],
    [
      'IdempotentInstanceTerminated',
      'The client token belongs to instances that are terminated.',
      {},
      'cannot have t3.micro in us-east-1: what this order made before is terminated (IdempotentInstanceTerminated: The ' +
        'client token belongs to instances that are terminated)',
    ],
  ])('%s', async (code, message, more, shortage) => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('RunInstances', { code, message });
    const launched = await cloudAt(endpoint).launch(orderAt(endpoint, more));
    expect(launched).toEqual({ instanceIds: [], shortages: [shortage], leftovers: [] });
  });

  test('but an image that is not there is one', async () => {
    const endpoint = await ec2Endpoint();
    const error = await refusal(cloudAt(endpoint).launch(orderAt(endpoint, { imageId: 'ami-0123' })));
    expect([error.code, error.exitCode]).toEqual(['aws-unknown-image', 78]);
  });
});

function tagged(index: number, resource: string): Record<string, string> {
  const at = `TagSpecification.${index}`;
  return {
    [`${at}.ResourceType`]: resource,
    [`${at}.Tag.1.Key`]: 'Name',
    [`${at}.Tag.1.Value`]: 'web',
    [`${at}.Tag.2.Key`]: 'spot:creation',
    [`${at}.Tag.2.Value`]: 'c1',
  };
}
