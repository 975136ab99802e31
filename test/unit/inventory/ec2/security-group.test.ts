import { describe, expect, test } from 'vitest';
import type { WantedGroup } from '../../../../src/inventory/cloud.ts';
import { type Ec2Endpoint, ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, refusal, REGION } from './cloud-at.ts';

leakCheck();

const HOME = '203.0.113.7/32';
const OWN: WantedGroup = { group: null, subnetId: null, sshFrom: HOME };

function ownGroups(endpoint: Ec2Endpoint) {
  return [...endpoint.region().network.groups.values()].filter(({ name }) => name.startsWith('spot-ssh'));
}

describe('a group of our own', () => {
  test('is made once, in the default VPC, open to one network', async () => {
    const endpoint = await ec2Endpoint();
    const cloud = cloudAt(endpoint);
    const id = await cloud.ensureSecurityGroup(REGION, OWN);
    expect(await cloud.ensureSecurityGroup(REGION, OWN)).toBe(id);
    expect(ownGroups(endpoint)).toMatchObject([
      {
        id,
        vpcId: endpoint.region().network.defaultVpc()?.id,
        tags: { 'spot:purpose': 'ssh' },
        rules: [{ protocol: 'tcp', fromPort: 22, toPort: 22, cidr: HOME }],
      },
    ]);
    expect(endpoint.requestsFor('AuthorizeSecurityGroupIngress')).toHaveLength(1);
  });

  test('opens to no other network: each has a group, of IPv6 as well', async () => {
    const endpoint = await ec2Endpoint();
    const cloud = cloudAt(endpoint);
    await cloud.ensureSecurityGroup(REGION, OWN);
    await cloud.ensureSecurityGroup(REGION, { ...OWN, sshFrom: '198.51.100.0/24' });
    await cloud.ensureSecurityGroup(REGION, { ...OWN, sshFrom: '2001:db8::/64' });
    const networks = ownGroups(endpoint).map(({ rules }) => rules.map(({ cidr }) => cidr));
    expect(networks).toEqual([[HOME], ['198.51.100.0/24'], ['2001:db8::/64']]);
  });

  test('stands in the VPC of the subnet', async () => {
    const endpoint = await ec2Endpoint();
    const vpc = endpoint.region().network.addVpc('10.0.0.0/16');
    const subnet = [...endpoint.region().network.subnets.values()].find(({ vpcId }) => vpcId === vpc.id);
    await cloudAt(endpoint).ensureSecurityGroup(REGION, { ...OWN, subnetId: subnet?.id ?? '' });
    expect(ownGroups(endpoint).map(({ vpcId }) => vpcId)).toEqual([vpc.id]);
  });

  test('that two make at once is one', async () => {
    const endpoint = await ec2Endpoint();
    const cloud = cloudAt(endpoint);
    const ids = await Promise.all([1, 2].map(() => cloud.ensureSecurityGroup(REGION, OWN)));
    expect(new Set(ids).size).toBe(1);
    expect(ownGroups(endpoint).map(({ rules }) => rules.length)).toEqual([1]);
  });

  test('is opened once EC2 knows it, and not given up', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('AuthorizeSecurityGroupIngress', { code: 'InvalidGroup.NotFound' }, { times: 1 });
    await cloudAt(endpoint).ensureSecurityGroup(REGION, OWN);
    expect(ownGroups(endpoint).map(({ rules }) => rules.length)).toEqual([1]);
  });

  test('is not one that has its name by chance', async () => {
    const endpoint = await ec2Endpoint();
    const { network } = endpoint.region();
    const { id } = network.addGroup({
      name: `spot-ssh ${HOME}`,
      description: 'ours',
      vpcId: network.defaultVpc()?.id ?? '',
      tags: {},
    });
    const { code, message } = await refusal(cloudAt(endpoint).ensureSecurityGroup(REGION, OWN));
    expect([code, message]).toEqual([
      'aws-group-taken',
      `the security group 'spot-ssh ${HOME}' (${id}) in us-east-1 was not made by spot; name the group to use in ` +
        'aws.security_group, or give that one another name',
    ]);
  });

  test('has nowhere to be where there is no default VPC', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.region().network.removeDefaultVpc();
    const { code, exitCode, message } = await refusal(cloudAt(endpoint).ensureSecurityGroup(REGION, OWN));
    expect([code, exitCode]).toEqual(['aws-no-default-vpc', 78]);
    expect(message).toBe(
      'there is no default VPC with a subnet in us-east-1 (none is marked as default); set aws.subnet, or make one with: ' +
        'aws ec2 create-default-vpc',
    );
  });

  test('nor where the subnet does not exist', async () => {
    const endpoint = await ec2Endpoint();
    const wanted = { ...OWN, subnetId: 'subnet-0a' };
    const { code, message } = await refusal(cloudAt(endpoint).ensureSecurityGroup(REGION, wanted));
    expect(code).toBe('aws-unknown-subnet');
    expect(message).toContain("The subnet ID 'subnet-0a' does not exist");
  });
});

describe('a group that is named', () => {
  test('is found by id and by name, and left as it is', async () => {
    const endpoint = await ec2Endpoint();
    const [group] = [...endpoint.region().network.groups.values()];
    const cloud = cloudAt(endpoint);
    expect(await cloud.ensureSecurityGroup(REGION, { ...OWN, group: group?.id ?? '' })).toBe(group?.id);
    expect(await cloud.ensureSecurityGroup(REGION, { ...OWN, group: 'default' })).toBe(group?.id);
    expect(group?.rules).toEqual([]);
  });

  test.each(['sg-0123456789abcdef0', 'nobodys'])('%s, and does not exist, is told', async (group) => {
    const endpoint = await ec2Endpoint();
    const { code, exitCode, message } = await refusal(cloudAt(endpoint).ensureSecurityGroup(REGION, { ...OWN, group }));
    expect([code, exitCode]).toEqual(['aws-unknown-security-group', 78]);
    expect(message).toBe(`no such security group in us-east-1 (${group}); correct aws.security_group, or leave it out`);
  });
});
