import { type RunInstancesCommandInput, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Endpoint, ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { clientOf, described, order, refusal, run } from './client.ts';

leakCheck();

const SPOT: Partial<RunInstancesCommandInput> = { InstanceMarketOptions: { MarketType: 'spot' } };

describe('a launch', () => {
  test('makes what is asked for', async () => {
    const endpoint = await ec2Endpoint();
    const [group] = [...endpoint.region().network.groups.values()];
    const subnet = endpoint.region().network.defaultSubnet('us-east-1b');
    const { Instances: [made] = [] } = await clientOf(endpoint).send(
      new RunInstancesCommand(
        order(endpoint, {
          ...SPOT,
          SecurityGroupIds: [group?.id ?? ''],
          SubnetId: subnet?.id,
          UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'a <b> & "c"' }] }],
          ClientToken: 'one',
        }),
      ),
    );
    expect(made).toMatchObject({
      State: { Code: 0, Name: 'pending' },
      InstanceType: 't3.micro',
      InstanceLifecycle: 'spot',
      Placement: { AvailabilityZone: 'us-east-1b' },
      SubnetId: subnet?.id,
      VpcId: subnet?.vpcId,
      SecurityGroups: [{ GroupId: group?.id, GroupName: 'default' }],
      PrivateIpAddress: '172.31.0.1',
      Tags: [{ Key: 'Name', Value: 'a <b> & "c"' }],
      ClientToken: 'one',
    });
    expect(made).not.toHaveProperty('PublicIpAddress');
    expect(Date.now() - Number(made?.LaunchTime)).toBeLessThan(10_000);
    expect(endpoint.instance(made?.InstanceId ?? '').birth.userData?.toString()).toBe('#!/bin/sh\n');
  });

  test('is made once for a client token, and answers with the same instances', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const wanted = order(endpoint, { MinCount: 2, MaxCount: 2, ClientToken: 'token-1' });
    const first = await run(client, wanted);
    endpoint.terminate(first[0] ?? '');
    expect(await run(client, wanted)).toEqual(first);
    expect(await run(client, { ...wanted, ClientToken: 'token-2' })).not.toEqual(first);
    expect(await refusal(run(client, { ...wanted, MaxCount: 3 }))).toBe(
      'IdempotentParameterMismatch: Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
    expect(await refusal(run(client, { ...wanted, ClientToken: 'x'.repeat(65) }))).toMatch(/^InvalidParameterValue: /);
    expect(endpoint.instances).toHaveLength(4);
  });

  test('that was refused leaves its token free', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    endpoint.limit({}, 0);
    const wanted = order(endpoint, { ClientToken: 'token-1' });
    expect(await refusal(run(client, wanted))).toMatch(/^InsufficientInstanceCapacity: /);
    endpoint.limit({}, 1);
    expect(await run(client, wanted)).toHaveLength(1);
  });

  type Wrong = readonly [
    what: string,
    more: (endpoint: Ec2Endpoint) => Partial<RunInstancesCommandInput>,
    message: string,
  ];
  test.each<Wrong>([
    [
      'an unknown image',
      () => ({ ImageId: 'ami-0dead' }),
      "InvalidAMIID.NotFound: The image id '[ami-0dead]' does not exist",
    ],
    [
      'no image id',
      () => ({ ImageId: 'ubuntu' }),
      'InvalidAMIID.Malformed: Invalid id: "ubuntu" (expecting "ami-...")',
    ],
    ['no image', () => ({ ImageId: undefined }), 'MissingParameter: The request must contain the parameter ImageId'],
    [
      'a launch template',
      () => ({ LaunchTemplate: { LaunchTemplateName: 'web' } }),
      'UnsupportedOperation: this endpoint launches from templates by CreateFleet only',
    ],
    ['an unknown key', () => ({ KeyName: 'mine' }), "InvalidKeyPair.NotFound: The key pair 'mine' does not exist"],
    [
      'an unknown group',
      () => ({ SecurityGroupIds: ['sg-0dead'] }),
      "InvalidGroup.NotFound: The security group 'sg-0dead' does not exist",
    ],
    [
      'an unknown subnet',
      () => ({ SubnetId: 'subnet-0dead' }),
      "InvalidSubnetID.NotFound: The subnet ID 'subnet-0dead' does not exist",
    ],
    [
      'an unknown zone',
      () => ({ Placement: { AvailabilityZone: 'us-east-1q' } }),
      'InvalidParameterValue: Invalid availability zone: [us-east-1q]',
    ],
    [
      'a low price',
      () => ({ InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '0.001' } } }),
      'SpotMaxPriceTooLow: Your Spot request price of 0.001 is lower than the minimum required Spot request fulfillment price of 0.0031.',
    ],
    [
      'no price at all',
      () => ({ InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: 'cheap' } } }),
      'InvalidParameterValue: Value (cheap) for parameter price is invalid. "cheap" is an invalid spot instance price',
    ],
    [
      'user data as it is',
      () => ({ UserData: '#!/bin/sh' }),
      'InvalidUserData.Malformed: Invalid BASE64 encoding of user data.',
    ],
    [
      'too much user data',
      () => ({ UserData: Buffer.alloc(16_385).toString('base64') }),
      'InvalidParameterValue: User data is limited to 16384 bytes',
    ],
    [
      'counts the wrong way round',
      () => ({ MinCount: 2 }),
      'InvalidParameterValue: Invalid values for MinCount (2) and MaxCount (1)',
    ],
    [
      'tags for a spot request that is none',
      () => ({ TagSpecifications: [{ ResourceType: 'spot-instances-request', Tags: [{ Key: 'a', Value: 'b' }] }] }),
      'InvalidParameterCombination: You cannot specify tags for Spot instances requests if there are no Spot instances requests being created by the request.',
    ],
    [
      'a group of another VPC',
      (endpoint) => ({ SecurityGroupIds: [groupElsewhere(endpoint)] }),
      'InvalidParameter: Security group and subnet belong to different networks.',
    ],
  ])('with %s is refused', async (_, more, message) => {
    const endpoint = await ec2Endpoint();
    expect(await refusal(run(clientOf(endpoint), order(endpoint, more(endpoint))))).toBe(message);
    expect(endpoint.instances).toEqual([]);
  });

  function groupElsewhere(endpoint: Ec2Endpoint): string {
    const { network } = endpoint.region();
    return network.groupNamed('default', network.addVpc('10.0.0.0/16').id)?.id ?? '';
  }

  test('without a default VPC needs a subnet', async () => {
    const endpoint = await ec2Endpoint();
    const { network } = endpoint.region();
    network.removeDefaultVpc();
    const client = clientOf(endpoint);
    expect(await refusal(run(client, order(endpoint)))).toMatch(/^VPCIdNotSpecified: No default VPC for this user/);
    const vpc = network.addVpc('10.0.0.0/16');
    const subnet = [...network.subnets.values()].find(({ vpcId }) => vpcId === vpc.id);
    expect(await run(client, order(endpoint, { SubnetId: subnet?.id }))).toHaveLength(1);
  });

  test('of another architecture than the image is refused', async () => {
    const endpoint = await ec2Endpoint();
    const request = run(clientOf(endpoint), order(endpoint, { InstanceType: 't4g.micro' }));
    expect(await refusal(request)).toMatch(
      /^InvalidParameterValue: The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64'/,
    );
  });
});

describe('where room is short', () => {
  test('as many as fit are launched, at least MinCount or none', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    endpoint.limit({ region: 'us-east-1' }, 3);
    expect(await run(client, order(endpoint, { MinCount: 1, MaxCount: 5 }))).toHaveLength(3);
    expect(await refusal(run(client, order(endpoint)))).toMatch(/^InsufficientInstanceCapacity: /);
    endpoint.terminate(endpoint.instances[0]?.id ?? '');
    expect(await refusal(run(client, order(endpoint, { MinCount: 2, MaxCount: 2 })))).toMatch(
      /^InsufficientInstanceCapacity: /,
    );
    expect(await run(client, order(endpoint))).toHaveLength(1);
  });

  test('a zone that was asked for is named, with others', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    endpoint.limit({ zone: 'us-east-1a', instanceType: 't3.micro' }, 0);
    const inZone = (zone: string) => run(client, order(endpoint, { Placement: { AvailabilityZone: zone } }));
    expect(await refusal(inZone('us-east-1a'))).toBe(
      'InsufficientInstanceCapacity: We currently do not have sufficient t3.micro capacity in the Availability Zone you ' +
        'requested (us-east-1a). Our system will be working on provisioning additional capacity. You can currently get ' +
        't3.micro capacity by not specifying an Availability Zone in your request or choosing us-east-1b, us-east-1c.',
    );
    expect(await inZone('us-east-1b')).toHaveLength(1);
    await run(client, order(endpoint));
    expect((await described(client)).map(({ Placement }) => Placement?.AvailabilityZone)).toEqual([
      'us-east-1b',
      'us-east-1b',
    ]);
  });

  test('spot and on-demand have room of their own', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    endpoint.limit({ lifecycle: 'spot' }, 0);
    expect(await refusal(run(client, order(endpoint, SPOT)))).toBe(
      'InsufficientInstanceCapacity: There is no Spot capacity available that matches your request.',
    );
    expect(await run(client, order(endpoint))).toHaveLength(1);
  });
});
