import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import type { Filter, IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { configError } from '../../model/errors.ts';
import type { WantedGroup } from '../cloud.ts';
import type { Ec2Api } from './api.ts';
import { explainRefusal } from './errors.ts';
import { filter } from './filters.ts';
import { refusalOf } from './refusal.ts';

const OWN_TAG = { Key: 'spot:purpose', Value: 'ssh' };
const SSH_PORT = 22;

/** See `Cloud.ensureSecurityGroup`. */
export async function ensureSecurityGroup(api: Ec2Api, region: string, wanted: WantedGroup): Promise<string> {
  if (wanted.group === null) return ensureOwn(api, region, wanted);
  const byId = /^sg-[0-9a-f]+$/.test(wanted.group);
  const filters = byId
    ? [filter('group-id', wanted.group)]
    : [filter('group-name', wanted.group), filter('vpc-id', await vpcOf(api, region, wanted.subnetId))];
  const group = await findGroup(api, region, filters);
  if (group?.GroupId !== undefined) return group.GroupId;
  throw unknown(region, 'InvalidGroup.NotFound', wanted.group);
}

/** One for each network, so that an instance is open to that one alone, wherever else spot was used from. */
function ownName(sshFrom: string): string {
  return `spot-ssh ${sshFrom}`;
}

async function ensureOwn(api: Ec2Api, region: string, { subnetId, sshFrom }: WantedGroup): Promise<string> {
  const vpcId = await vpcOf(api, region, subnetId);
  const name = ownName(sshFrom);
  const group = (await findOwn(api, region, vpcId, name)) ?? (await makeOwn(api, region, vpcId, name));
  const groupId = group.GroupId ?? '';
  if (!isOpenTo(group, sshFrom)) await open(api, region, groupId, sshFrom);
  return groupId;
}

async function findOwn(api: Ec2Api, region: string, vpcId: string, name: string): Promise<SecurityGroup | null> {
  const group = await findGroup(api, region, [filter('group-name', name), filter('vpc-id', vpcId)]);
  if (group === null || group.Tags?.some(({ Key }) => Key === OWN_TAG.Key) === true) return group;
  const message =
    `the security group '${name}' (${group.GroupId ?? ''}) in ${region} was not made by spot; ` +
    'name the group to use in aws.security_group, or give that one another name';
  throw configError('aws-group-taken', message);
}

async function makeOwn(api: Ec2Api, region: string, vpcId: string, name: string): Promise<SecurityGroup> {
  const request = new CreateSecurityGroupCommand({
    GroupName: name,
    Description: 'SSH to the instances of spot',
    VpcId: vpcId,
    TagSpecifications: [{ ResourceType: 'security-group', Tags: [OWN_TAG] }],
  });
  try {
    return { GroupId: (await api.send(region, request)).GroupId };
  } catch (error) {
    const made = refusalOf(error)?.code === 'InvalidGroup.Duplicate' ? await findOwn(api, region, vpcId, name) : null;
    if (made === null) throw error;
    return made;
  }
}

async function findGroup(api: Ec2Api, region: string, filters: Filter[]): Promise<SecurityGroup | null> {
  const { SecurityGroups: found = [] } = await api.send(
    region,
    new DescribeSecurityGroupsCommand({ Filters: filters }),
  );
  return found[0] ?? null;
}

function isOpenTo({ IpPermissions: rules = [] }: SecurityGroup, network: string): boolean {
  return rules
    .filter(({ IpProtocol: protocol, FromPort: from, ToPort: to }) => {
      return protocol === 'tcp' && from === SSH_PORT && to === SSH_PORT;
    })
    .some(({ IpRanges = [], Ipv6Ranges = [] }) => {
      return (
        IpRanges.some(({ CidrIp }) => CidrIp === network) || Ipv6Ranges.some(({ CidrIpv6 }) => CidrIpv6 === network)
      );
    });
}

async function open(api: Ec2Api, region: string, groupId: string, network: string): Promise<void> {
  const ranges: IpPermission = network.includes(':')
    ? { Ipv6Ranges: [{ CidrIpv6: network }] }
    : { IpRanges: [{ CidrIp: network }] };
  const rule = { IpProtocol: 'tcp', FromPort: SSH_PORT, ToPort: SSH_PORT, ...ranges };
  const request = new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [rule] });
  await api
    .onceKnown(/^InvalidGroup\.NotFound$/, () => api.send(region, request))
    .catch((error: unknown) => {
      // somebody else was quicker
      if (refusalOf(error)?.code !== 'InvalidPermission.Duplicate') throw error;
    });
}

async function vpcOf(api: Ec2Api, region: string, subnetId: string | null): Promise<string> {
  if (subnetId === null) return defaultVpc(api, region);
  const { Subnets: found = [] } = await api.send(region, new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
  const vpcId = found[0]?.VpcId;
  if (vpcId !== undefined) return vpcId;
  throw unknown(region, 'InvalidSubnetID.NotFound', subnetId);
}

async function defaultVpc(api: Ec2Api, region: string): Promise<string> {
  const { Vpcs: found = [] } = await api.send(
    region,
    new DescribeVpcsCommand({ Filters: [filter('is-default', 'true')] }),
  );
  const vpcId = found[0]?.VpcId;
  if (vpcId !== undefined) return vpcId;
  throw unknown(region, 'DefaultVpcDoesNotExist', 'none is marked as default');
}

/** An empty answer, told as EC2 tells it where it is asked by id. */
function unknown(region: string, code: string, words: string): Error {
  return explainRefusal({ code, words }, region);
}
