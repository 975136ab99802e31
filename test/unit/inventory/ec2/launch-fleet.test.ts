import { describe, expect, test } from 'vitest';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, refusal } from './cloud-at.ts';
import { asked, orderAt } from './order-at.ts';

leakCheck();

const TYPES = ['t3.micro', 't3.small'];

describe('an order of several types', () => {
  test('is a fleet with a template made for it alone', async () => {
    const endpoint = await ec2Endpoint();
    const order = orderAt(endpoint, {
      instanceTypes: TYPES,
      count: 2,
      availabilityZone: 'us-east-1b',
      maxPrice: '0.02',
      userData: Buffer.from('#!/bin/sh\n'),
      clientToken: 'creation-1:us-east-1b',
    });
    const launched = await cloudAt(endpoint).launch(order);
    expect(launched).toEqual({ instanceIds: endpoint.instances.map(({ id }) => id), shortages: [], leftovers: [] });
    expect(endpoint.instances.map(({ birth, tags }) => [birth.lifecycle, birth.zone, tags['Name']])).toEqual([
      ['spot', 'us-east-1b', 'web'],
      ['spot', 'us-east-1b', 'web'],
    ]);
    const template = 'spot-creation-1-us-east-1b';
    const data = 'LaunchTemplateData';
    expect(asked(endpoint, 'CreateLaunchTemplate')).toEqual([
      {
        // of the SDK, for its own retries
        ClientToken: expect.any(String) as string,
        LaunchTemplateName: template,
        [`${data}.ImageId`]: order.imageId,
        [`${data}.SecurityGroupId.1`]: order.securityGroupId,
        [`${data}.UserData`]: Buffer.from('#!/bin/sh\n').toString('base64'),
        [`${data}.InstanceInitiatedShutdownBehavior`]: 'terminate',
        [`${data}.MetadataOptions.HttpTokens`]: 'required',
        [`${data}.MetadataOptions.HttpEndpoint`]: 'enabled',
        ...tagged(`${data}.TagSpecification.1`, 'instance'),
        ...tagged(`${data}.TagSpecification.2`, 'volume'),
        ...tagged(`${data}.TagSpecification.3`, 'spot-instances-request'),
        ...tagged('TagSpecification.1', 'launch-template'),
      },
    ]);
    const config = 'LaunchTemplateConfigs.1';
    expect(asked(endpoint, 'CreateFleet')).toEqual([
      {
        Type: 'instant',
        ClientToken: 'creation-1:us-east-1b',
        [`${config}.LaunchTemplateSpecification.LaunchTemplateName`]: template,
        [`${config}.LaunchTemplateSpecification.Version`]: '1',
        [`${config}.Overrides.1.InstanceType`]: 't3.micro',
        [`${config}.Overrides.1.AvailabilityZone`]: 'us-east-1b',
        [`${config}.Overrides.1.MaxPrice`]: '0.02',
        [`${config}.Overrides.2.InstanceType`]: 't3.small',
        [`${config}.Overrides.2.AvailabilityZone`]: 'us-east-1b',
        [`${config}.Overrides.2.MaxPrice`]: '0.02',
        'TargetCapacitySpecification.TotalTargetCapacity': '2',
        'TargetCapacitySpecification.DefaultTargetCapacityType': 'spot',
        'SpotOptions.AllocationStrategy': 'price-capacity-optimized',
        'SpotOptions.InstanceInterruptionBehavior': 'terminate',
      },
    ]);
    expect(asked(endpoint, 'DeleteLaunchTemplate')).toEqual([{ LaunchTemplateName: template }]);
    expect(endpoint.region().templates.size).toBe(0);
  });

  test('on demand takes the preferred type first', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.limit({ instanceType: 't3.small' }, 1);
    const subnetId = [...endpoint.region().network.subnets.keys()][0] ?? '';
    const order = orderAt(endpoint, {
      instanceTypes: ['t3.small', 't3.micro'],
      count: 2,
      lifecycle: 'on-demand',
      subnetId,
      maxPrice: '0.02',
    });
    const { instanceIds, shortages } = await cloudAt(endpoint).launch(order);
    expect(instanceIds.map((id) => endpoint.instance(id).birth.instanceType)).toEqual(['t3.small', 't3.micro']);
    expect(shortages).toEqual([]);
    expect(asked(endpoint, 'CreateFleet')).toMatchObject([
      {
        'OnDemandOptions.AllocationStrategy': 'prioritized',
        'LaunchTemplateConfigs.1.Overrides.1.Priority': '0',
        'LaunchTemplateConfigs.1.Overrides.1.SubnetId': subnetId,
        'LaunchTemplateConfigs.1.Overrides.2.Priority': '1',
      },
    ]);
    expect(Object.keys(asked(endpoint, 'CreateFleet')[0] ?? {}).join(' ')).not.toMatch(/MaxPrice|AvailabilityZone/);
  });

  test('gets what there is, and says what is missing where', async () => {
    const endpoint = await ec2Endpoint();
    for (const instanceType of TYPES) endpoint.limit({ instanceType }, 1);
    const order = orderAt(endpoint, { instanceTypes: TYPES, count: 5, availabilityZone: 'us-east-1a' });
    const launched = await cloudAt(endpoint).launch(order);
    expect(launched.instanceIds).toHaveLength(2);
    const why =
      'there is no room (InsufficientInstanceCapacity: There is no Spot capacity available that matches your request)';
    expect(launched.shortages).toEqual(TYPES.map((type) => `cannot have ${type} in us-east-1a: ${why}`));
  });

  test('waits until EC2 knows its template', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('CreateFleet', { code: 'InvalidLaunchTemplateName.NotFoundException' }, { times: 1 });
    const { instanceIds } = await cloudAt(endpoint).launch(orderAt(endpoint, { instanceTypes: TYPES }));
    expect(instanceIds).toHaveLength(1);
  });

  test('gets nothing, which is no error', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.limit({}, 0);
    const launched = await cloudAt(endpoint).launch(orderAt(endpoint, { instanceTypes: TYPES }));
    expect(launched.instanceIds).toEqual([]);
    expect(launched.shortages).toHaveLength(2);
    expect(endpoint.region().templates.size).toBe(0);
  });

  test('with a type that does not fit its image is refused, where nothing came of it', async () => {
    const endpoint = await ec2Endpoint();
    const order = orderAt(endpoint, { instanceTypes: ['t4g.micro', 't4g.small'] });
    const error = await refusal(cloudAt(endpoint).launch(order));
    expect([error.code, error.exitCode]).toEqual(['aws-architecture', 78]);
    expect(endpoint.region().templates.size).toBe(0);
  });

  test('may contain one that does not fit, and says so', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.limit({ instanceType: 't3.micro' }, 1);
    const order = orderAt(endpoint, {
      instanceTypes: ['t4g.micro', 't3.micro'],
      count: 2,
      availabilityZone: 'us-east-1a',
    });
    const { instanceIds, shortages } = await cloudAt(endpoint).launch(order);
    expect(instanceIds).toHaveLength(1);
    expect(shortages).toEqual([
      expect.stringMatching(/^cannot have t4g\.micro in us-east-1a: .*does not match the architecture/),
      expect.stringContaining('cannot have t3.micro in us-east-1a: there is no room'),
    ]);
  });
});

describe('an order that is repeated', () => {
  const order = { instanceTypes: TYPES, count: 2 };

  test('makes nothing more', async () => {
    const endpoint = await ec2Endpoint();
    const cloud = cloudAt(endpoint);
    const first = await cloud.launch(orderAt(endpoint, order));
    expect(await cloud.launch(orderAt(endpoint, order))).toEqual(first);
    expect(endpoint.instances).toHaveLength(2);
  });

  test('takes up the template of a client that died before the fleet', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('CreateFleet', { code: 'InternalError', status: 500 }, { times: 4 });
    endpoint.fail('DeleteLaunchTemplate', { code: 'InternalError', status: 500 }, { times: 4 });
    const cloud = cloudAt(endpoint);
    expect((await refusal(cloud.launch(orderAt(endpoint, order)))).code).toBe('aws-unavailable');
    expect(endpoint.region().templates.size).toBe(1);
    const launched = await cloud.launch(orderAt(endpoint, order));
    expect(launched.instanceIds).toEqual(endpoint.instances.map(({ id }) => id));
    expect(launched.instanceIds).toHaveLength(2);
    expect(endpoint.region().templates.size).toBe(0);
  });

  test('answers the same where the client died before it removed the template', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('DeleteLaunchTemplate', { code: 'InternalError', status: 500 }, { times: 4 });
    const cloud = cloudAt(endpoint);
    const first = await cloud.launch(orderAt(endpoint, order));
    expect(first.leftovers).toEqual([
      `the launch template spot-token in us-east-1 could not be deleted (EC2 in us-east-1 (${endpoint.url}) cannot ` +
        'answer DeleteLaunchTemplate (InternalError, HTTP 500); try again later)',
    ]);
    expect(await cloud.launch(orderAt(endpoint, order))).toEqual({ ...first, leftovers: [] });
    expect([endpoint.instances.length, endpoint.region().templates.size]).toEqual([2, 0]);
  });
});

function tagged(at: string, resource: string): Record<string, string> {
  return { [`${at}.ResourceType`]: resource, [`${at}.Tag.1.Key`]: 'Name', [`${at}.Tag.1.Value`]: 'web' };
}
