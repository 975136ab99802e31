import {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  CreateLaunchTemplateCommand,
  DeleteLaunchTemplateCommand,
  type EC2Client,
  type FleetLaunchTemplateOverridesRequest,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Endpoint, ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { clientOf, described, refusal } from './client.ts';

leakCheck();

/** A launch template by the name of `web`. */
async function template(client: EC2Client, endpoint: Ec2Endpoint, more: RequestLaunchTemplateData = {}): Promise<void> {
  const [image] = endpoint.region().images;
  const LaunchTemplateData: RequestLaunchTemplateData = {
    ...(image !== undefined && { ImageId: image.id }),
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web' }] }],
    ...more,
  };
  await client.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'web', LaunchTemplateData }));
}

function fleetOf(
  count: number,
  overrides: FleetLaunchTemplateOverridesRequest[],
  more: Partial<CreateFleetCommandInput> = {},
): CreateFleetCommand {
  const LaunchTemplateSpecification = { LaunchTemplateName: 'web', Version: '$Default' };
  return new CreateFleetCommand({
    Type: 'instant',
    LaunchTemplateConfigs: [{ LaunchTemplateSpecification, Overrides: overrides }],
    TargetCapacitySpecification: { TotalTargetCapacity: count, DefaultTargetCapacityType: 'spot' },
    ...more,
  });
}

const TYPES: FleetLaunchTemplateOverridesRequest[] = [
  { InstanceType: 'm5.large', Priority: 0 },
  { InstanceType: 't3.micro', Priority: 1 },
];

const PRIORITIZED = { SpotOptions: { AllocationStrategy: 'capacity-optimized-prioritized' as const } };

describe('a fleet', () => {
  test('takes the cheapest pool there is, and gives its tags on', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    await template(client, endpoint);
    const TagSpecifications = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'role', Value: 'db' }] }];
    const { Instances, Errors, FleetId } = await client.send(fleetOf(2, TYPES, { TagSpecifications }));
    expect([Instances?.length, Errors]).toEqual([1, []]);
    expect(Instances?.[0]).toMatchObject({ InstanceType: 't3.micro', Lifecycle: 'spot' });
    expect(Instances?.[0]?.InstanceIds).toEqual(endpoint.instances.map(({ id }) => id));
    const tags = { Name: 'web', role: 'db', 'aws:ec2:fleet-id': FleetId };
    expect(endpoint.instances.map((instance) => instance.tags)).toEqual([tags, tags]);
    expect(await described(client)).toMatchObject([{ InstanceLifecycle: 'spot' }, { InstanceLifecycle: 'spot' }]);
  });

  test('goes by priority where that is its strategy, on to the next pool, and says what was short', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    await template(client, endpoint);
    endpoint.limit({ instanceType: 'm5.large' }, 1);
    const inZone = TYPES.map((type) => ({ ...type, AvailabilityZone: 'us-east-1b' }));
    const { Instances = [], Errors } = await client.send(fleetOf(3, inZone, PRIORITIZED));
    expect(Instances.map(({ InstanceType, InstanceIds }) => [InstanceType, InstanceIds?.length])).toEqual([
      ['m5.large', 1],
      ['t3.micro', 2],
    ]);
    expect(Errors).toMatchObject([
      {
        ErrorCode: 'InsufficientInstanceCapacity',
        ErrorMessage: 'There is no Spot capacity available that matches your request.',
        Lifecycle: 'spot',
        LaunchTemplateAndOverrides: { Overrides: { InstanceType: 'm5.large', AvailabilityZone: 'us-east-1b' } },
      },
    ]);
  });

  test('is made once for a client token', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    await template(client, endpoint);
    const wanted = fleetOf(1, TYPES, { ClientToken: 'one' });
    const [first, again] = [await client.send(wanted), await client.send(wanted)];
    expect(again.Instances).toEqual(first.Instances);
    expect(endpoint.instances).toHaveLength(1);
    expect(await refusal(client.send(fleetOf(2, TYPES, { ClientToken: 'one' })))).toMatch(
      /^IdempotentParameterMismatch: /,
    );
  });

  test('answers with errors alone where there is no room, or less than it wants at least', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    await template(client, endpoint);
    endpoint.limit({}, 1);
    const atLeast = { SpotOptions: { MinTargetCapacity: 2, SingleInstanceType: true } };
    const short = await client.send(fleetOf(2, TYPES.slice(0, 1), atLeast));
    expect([short.Instances, short.Errors?.length]).toEqual([[], 3]);
    expect(endpoint.instances).toEqual([]);
    endpoint.limit({}, 0);
    expect((await client.send(fleetOf(1, TYPES))).Instances).toEqual([]);
  });

  test('tells of a pool that cannot be, and fills up from the others', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    await template(client, endpoint);
    const overrides: FleetLaunchTemplateOverridesRequest[] = [
      { InstanceType: 't4g.micro' },
      { InstanceType: 'm5.large', MaxPrice: '0.001', AvailabilityZone: 'us-east-1a' },
      { InstanceType: 't3.small' },
    ];
    const { Instances, Errors } = await client.send(fleetOf(1, overrides));
    expect(Instances).toMatchObject([{ InstanceType: 't3.small' }]);
    expect(Errors?.map(({ ErrorCode }) => ErrorCode)).toEqual(['InvalidParameterValue', 'SpotMaxPriceTooLow']);
  });

  test('on demand is paid so', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    await template(client, endpoint);
    const TargetCapacitySpecification = { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'on-demand' as const };
    const { Instances } = await client.send(fleetOf(1, TYPES, { TargetCapacitySpecification }));
    expect(Instances).toMatchObject([{ Lifecycle: 'on-demand' }]);
    expect(endpoint.instances[0]?.birth.spotRequestId).toBeNull();
  });

  test('needs its template, and one that leaves the market to it', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    expect(await refusal(client.send(fleetOf(1, TYPES)))).toMatch(/^InvalidLaunchTemplateName.NotFoundException: /);
    await template(client, endpoint, { InstanceMarketOptions: { MarketType: 'spot' } });
    expect(await refusal(client.send(fleetOf(1, TYPES)))).toMatch(/^InvalidParameterValue: .* InstanceMarketOptions$/);
    expect(await refusal(client.send(fleetOf(1, TYPES, { Type: 'maintain' })))).toMatch(/^InvalidParameterValue: /);
  });
});

test('a launch template has one name, and goes when it is deleted', async () => {
  const endpoint = await ec2Endpoint();
  const client = clientOf(endpoint);
  await template(client, endpoint);
  expect(await refusal(template(client, endpoint))).toBe(
    'InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.',
  );
  const remove = () => client.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: 'web' }));
  expect((await remove()).LaunchTemplate).toMatchObject({ LaunchTemplateName: 'web', LatestVersionNumber: 1 });
  expect(await refusal(remove())).toBe(
    'InvalidLaunchTemplateName.NotFoundException: The specified launch template, with template name web, does not exist.',
  );
  await template(client, endpoint);
});
