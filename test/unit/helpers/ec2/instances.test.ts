import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  type EC2Client,
  paginateDescribeInstances,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Endpoint, ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { clientOf, refusal } from './client.ts';

leakCheck();

/** What every launch needs. */
function order(endpoint: Ec2Endpoint, more: Partial<RunInstancesCommandInput> = {}): RunInstancesCommandInput {
  const image = endpoint.region().images[0];
  return { ImageId: image?.id, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, ...more };
}

async function described(client: EC2Client, input: DescribeInstancesCommandInput = {}) {
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand(input));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

async function run(client: EC2Client, input: RunInstancesCommandInput): Promise<string[]> {
  const { Instances = [] } = await client.send(new RunInstancesCommand(input));
  return Instances.map(({ InstanceId = '' }) => InstanceId);
}

describe('an instance', () => {
  test('has all that was asked for, and is pending, then running, then terminated', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const [group] = [...endpoint.region().network.groups.values()];
    const [, subnet] = [...endpoint.region().network.subnets.values()];
    const { Instances: [made] = [] } = await client.send(
      new RunInstancesCommand(
        order(endpoint, {
          SecurityGroupIds: [group?.id ?? ''],
          SubnetId: subnet?.id,
          UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
          InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '0.01' } },
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
    expect(made?.PublicIpAddress).toBeUndefined();
    expect(Date.now() - Number(made?.LaunchTime)).toBeLessThan(10_000);
    const id = made?.InstanceId ?? '';
    expect(endpoint.instance(id).birth.userData?.toString()).toBe('#!/bin/sh\n');

    const states = [];
    for (let asked = 0; asked < 3; asked += 1) states.push((await described(client))[0]?.State?.Name);
    expect(states).toEqual(['pending', 'running', 'running']);
    expect(await described(client)).toMatchObject([{ PublicIpAddress: '203.0.113.1' }]);

    const { TerminatingInstances } = await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(TerminatingInstances).toEqual([
      {
        InstanceId: id,
        PreviousState: { Code: 16, Name: 'running' },
        CurrentState: { Code: 32, Name: 'shutting-down' },
      },
    ]);
    expect(await described(client)).toMatchObject([{ State: { Name: 'shutting-down' } }]);
    const [gone] = await described(client);
    expect(gone).toMatchObject({
      State: { Code: 48, Name: 'terminated' },
      StateReason: {
        Code: 'Client.UserInitiatedShutdown',
        Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
      },
      StateTransitionReason: expect.stringMatching(/^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/),
    });
    expect(gone?.PublicIpAddress ?? gone?.PrivateIpAddress ?? gone?.VpcId).toBeUndefined();
  });
});
