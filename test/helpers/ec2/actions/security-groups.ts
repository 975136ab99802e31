import type { Action, Call } from '../call.ts';
import { Ec2Error, invalidValue, notFound } from '../error.ts';
import { filtered } from '../filters.ts';
import type { Rule, SecurityGroup } from '../network.ts';
import { pageOf } from '../paging.ts';
import { type Parameters, tagsFor } from '../parameters.ts';
import { OWNER, type Region } from '../region.ts';
import type { Xml } from '../xml.ts';
import { tagSet } from './instance-xml.ts';

/** Of names and descriptions, in a VPC. */
const ALLOWED = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

export const describeSecurityGroups: Action = ({ world, region, parameters }) => {
  const found = filtered(groupsAsked(region, parameters), parameters, (group) => ({
    tags: group.tags,
    attributes: {
      description: group.description,
      'group-id': group.id,
      'group-name': group.name,
      'owner-id': OWNER,
      'vpc-id': group.vpcId,
      'ip-permission.cidr': group.rules.map(({ cidr }) => cidr),
    },
  }));
  const rules = { range: [5, 1000] as const, limit: world.pageSize };
  const { items, nextToken } = pageOf(found, parameters, ({ id }) => id, rules);
  return { securityGroupInfo: items.map(groupXml), nextToken };
};

/** By id in any VPC, by name in the default one. */
function groupsAsked(region: Region, parameters: Parameters): SecurityGroup[] {
  const [ids, names] = [parameters.texts('GroupId'), parameters.texts('GroupName')];
  const all = [...region.network.groups.values()];
  if (ids.length === 0 && names.length === 0) return all;
  const vpcId = region.network.defaultVpc()?.id;
  const named = names.map((name) => {
    const group = vpcId === undefined ? null : region.network.groupNamed(name, vpcId);
    if (group === null) throw notFound('InvalidGroup.NotFound', 'security group', [name]);
    return group;
  });
  return [...ids.map((id) => region.network.group(id)), ...named];
}

function groupXml(group: SecurityGroup): Xml {
  return {
    ownerId: OWNER,
    groupId: group.id,
    groupName: group.name,
    groupDescription: group.description,
    vpcId: group.vpcId,
    ipPermissions: group.rules.map((rule) => ({
      ipProtocol: rule.protocol,
      fromPort: rule.fromPort,
      toPort: rule.toPort,
      groups: [],
      ...rangesXml(rule),
    })),
    ipPermissionsEgress: [{ ipProtocol: '-1', ipRanges: [{ cidrIp: '0.0.0.0/0' }] }],
    tagSet: tagSet(group.tags),
  };
}

function rangesXml({ cidr, description }: Rule): Readonly<Record<string, Xml>> {
  return cidr.includes(':')
    ? { ipv6Ranges: [{ cidrIpv6: cidr, description }] }
    : { ipRanges: [{ cidrIp: cidr, description }] };
}

export const createSecurityGroup: Action = ({ region, parameters }) => {
  const [name, description] = [parameters.text('GroupName') ?? '', parameters.text('GroupDescription') ?? ''];
  for (const [what, value] of Object.entries({ GroupName: name, GroupDescription: description })) {
    if (!ALLOWED.test(value)) throw invalidValue(what, value, 'Character sets beyond ASCII are not supported.');
  }
  if (name.startsWith('sg-')) throw invalidValue('GroupName', name, 'Group names may not be in the format sg-*.');
  const vpcId = parameters.text('VpcId') ?? region.network.defaultVpc()?.id;
  if (vpcId === undefined) throw new Ec2Error('VPCIdNotSpecified', 'No default VPC for this user');
  if (!region.network.vpcs.has(vpcId)) throw notFound('InvalidVpcID.NotFound', 'vpc ID', [vpcId]);
  if (region.network.groupNamed(name, vpcId) !== null) {
    throw new Ec2Error('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`);
  }
  const group = region.network.addGroup({ name, description, vpcId, tags: tagsFor('security-group', parameters) });
  return { groupId: group.id, tagSet: tagSet(group.tags) };
};

/** All rules of the request, or none. */
export const authorizeSecurityGroupIngress: Action = (call) => {
  const { region, parameters } = call;
  const group = groupOf(region, parameters);
  const permissions = parameters.has('IpPermissions') ? parameters.structs('IpPermissions') : [parameters];
  const rules = permissions.flatMap((permission) => rulesOf(call, permission));
  const duplicate = rules.find((rule) => group.rules.some((known) => peerOf(known) === peerOf(rule)));
  if (duplicate !== undefined) {
    const message = `the specified rule "${peerOf(duplicate)}, ALLOW" already exists`;
    throw new Ec2Error('InvalidPermission.Duplicate', message);
  }
  group.rules.push(...rules);
  return {
    return: true,
    securityGroupRuleSet: rules.map((rule) => ({
      securityGroupRuleId: rule.id,
      groupId: group.id,
      groupOwnerId: OWNER,
      isEgress: false,
      ipProtocol: rule.protocol,
      fromPort: rule.fromPort,
      toPort: rule.toPort,
      [rule.cidr.includes(':') ? 'cidrIpv6' : 'cidrIpv4']: rule.cidr,
      description: rule.description,
    })),
  };
};

function groupOf(region: Region, parameters: Parameters): SecurityGroup {
  const id = parameters.text('GroupId');
  if (id !== null) return region.network.group(id);
  const name = parameters.text('GroupName');
  if (name === null)
    throw new Ec2Error('MissingParameter', 'The request must contain the parameter groupName or groupId');
  const group = region.network.groupNamed(name, region.network.defaultVpc()?.id ?? '');
  if (group === null) throw notFound('InvalidGroup.NotFound', 'security group', [name]);
  return group;
}

/** One for each network; the members of IpPermissions, or those of the older form of the request. */
function rulesOf({ world }: Call, permission: Parameters): Rule[] {
  const ranges = [...permission.structs('IpRanges'), ...permission.structs('Ipv6Ranges')];
  return (ranges.length > 0 ? ranges : [permission]).map((range) => {
    const cidr = range.text('CidrIp') ?? range.text('CidrIpv6') ?? '';
    if (!/^(?:(?:\d{1,3}\.){3}\d{1,3}\/(?:3[0-2]|[12]?\d)|[\da-f:]+:[\da-f:]*\/\d{1,3})$/i.test(cidr)) {
      throw new Ec2Error('InvalidParameterValue', `CIDR block ${cidr} is malformed`);
    }
    return {
      id: world.newId('sgr'),
      protocol: permission.text('IpProtocol') ?? '-1',
      fromPort: permission.number('FromPort'),
      toPort: permission.number('ToPort'),
      cidr,
      description: range.text('Description'),
    };
  });
}

/** As EC2 names a rule. */
function peerOf({ cidr, protocol, fromPort, toPort }: Rule): string {
  return `peer: ${cidr}, ${protocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}`;
}
