import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeInstanceTypesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  ImportKeyPairCommand,
  paginateDescribeImages,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Endpoint, ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { AMAZON, CANONICAL } from '../../../helpers/ec2/images.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { clientOf, refusal } from './client.ts';

leakCheck();

describe('images', () => {
  async function namesOf(endpoint: Ec2Endpoint, input: DescribeImagesCommandInput): Promise<(string | undefined)[]> {
    const { Images = [] } = await clientOf(endpoint).send(new DescribeImagesCommand(input));
    return Images.map(({ Name }) => Name?.replace(/^.*\//, ''));
  }

  test('are found by owner, name and architecture, of several ages', async () => {
    const endpoint = await ec2Endpoint();
    const Filters = [
      { Name: 'name', Values: ['ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-*-server-*'] },
      { Name: 'architecture', Values: ['x86_64'] },
      { Name: 'state', Values: ['available'] },
    ];
    expect(await namesOf(endpoint, { Owners: [CANONICAL], Filters })).toEqual([
      'ubuntu-noble-24.04-amd64-server-20250305',
      'ubuntu-noble-24.04-amd64-server-20250610',
      'ubuntu-noble-24.04-amd64-server-20250508',
    ]);
    // the fourth is a stranger's
    expect(await namesOf(endpoint, { Filters })).toHaveLength(4);
    const { Images: [first] = [] } = await clientOf(endpoint).send(new DescribeImagesCommand({ Owners: [AMAZON] }));
    expect(first).toMatchObject({ CreationDate: '2025-03-31T20:02:11.000Z', ImageOwnerAlias: 'amazon' });
  });

  test('come in pages, without those that are deprecated', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { images } = endpoint.region();
    const [old] = images.splice(0, 1);
    if (old !== undefined) images.push({ ...old, deprecatedAt: new Date(0) });
    let pages = 0;
    for await (const { Images = [] } of paginateDescribeImages({ client, pageSize: 10 }, {})) {
      expect(Images.map(({ ImageId }) => ImageId)).not.toContain(old?.id);
      pages += 1;
    }
    expect(pages).toBe(2);
    const shown = await namesOf(endpoint, { ImageIds: [old?.id ?? ''], IncludeDeprecated: true });
    expect(shown).toEqual(['ubuntu-noble-24.04-amd64-server-20250305']);
    expect(await refusal(namesOf(endpoint, { ImageIds: ['ami-0dead'] }))).toMatch(/^InvalidAMIID.NotFound: /);
  });
});

test('instance types have architectures, and unknown ones are refused', async () => {
  const client = clientOf(await ec2Endpoint());
  const ask = (name: string) => client.send(new DescribeInstanceTypesCommand({ InstanceTypes: [name as 't3.micro'] }));
  expect((await ask('m6g.large')).InstanceTypes).toMatchObject([
    { InstanceType: 'm6g.large', ProcessorInfo: { SupportedArchitectures: ['arm64'] }, VCpuInfo: { DefaultVCpus: 2 } },
  ]);
  expect(await refusal(ask('t9.huge'))).toBe(
    'InvalidInstanceType: The following supplied instance types do not exist: [t9.huge]',
  );
});

test('zones have a state', async () => {
  const endpoint = await ec2Endpoint();
  endpoint.region().zoneStates.set('us-east-1b', 'unavailable');
  const { AvailabilityZones } = await clientOf(endpoint).send(
    new DescribeAvailabilityZonesCommand({ Filters: [{ Name: 'state', Values: ['available'] }] }),
  );
  expect(AvailabilityZones).toMatchObject([
    { ZoneName: 'us-east-1a', State: 'available', ZoneType: 'availability-zone' },
    { ZoneName: 'us-east-1c', State: 'available' },
  ]);
});

test('a region has a default VPC with a subnet in each zone, until it is removed', async () => {
  const endpoint = await ec2Endpoint();
  const client = clientOf(endpoint);
  const defaults = new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] });
  const { Vpcs: [vpc] = [] } = await client.send(defaults);
  expect(vpc).toMatchObject({ IsDefault: true, CidrBlock: '172.31.0.0/16' });
  const subnets = new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc?.VpcId ?? ''] }] });
  expect((await client.send(subnets)).Subnets).toMatchObject(
    ['a', 'b', 'c'].map((letter) => ({ AvailabilityZone: `us-east-1${letter}`, DefaultForAz: true })),
  );
  endpoint.region().network.removeDefaultVpc();
  expect((await client.send(defaults)).Vpcs).toEqual([]);
  expect((await client.send(subnets)).Subnets).toEqual([]);
});

describe('a security group', () => {
  const wanted = { GroupName: 'spot', Description: 'SSH for spot' };

  test('is made once a VPC, and found by name', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { GroupId } = await client.send(new CreateSecurityGroupCommand(wanted));
    const Filters = [{ Name: 'group-name', Values: ['spot'] }];
    const found = await client.send(new DescribeSecurityGroupsCommand({ Filters }));
    expect(found.SecurityGroups).toMatchObject([{ GroupId, Description: 'SSH for spot', IpPermissions: [] }]);
    expect(await refusal(client.send(new CreateSecurityGroupCommand(wanted)))).toMatch(
      /^InvalidGroup.Duplicate: The security group 'spot' already exists for VPC 'vpc-/,
    );
  });

  test.each([
    [
      { ...wanted, Description: "the user's" },
      /^InvalidParameterValue: Value \(the user's\) for parameter GroupDescription/,
    ],
    [{ ...wanted, GroupName: 'sg-1' }, /^InvalidParameterValue: Value \(sg-1\) for parameter GroupName/],
    [{ ...wanted, VpcId: 'vpc-0dead' }, /^InvalidVpcID.NotFound: The vpc ID 'vpc-0dead' does not exist$/],
  ])('%j is refused', async (input, message) => {
    const client = clientOf(await ec2Endpoint());
    expect(await refusal(client.send(new CreateSecurityGroupCommand(input)))).toMatch(message);
  });

  test('needs a VPC where there is no default one', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.region().network.removeDefaultVpc();
    expect(await refusal(clientOf(endpoint).send(new CreateSecurityGroupCommand(wanted)))).toBe(
      'VPCIdNotSpecified: No default VPC for this user',
    );
  });

  test('lets in what it is told to, once', async () => {
    const client = clientOf(await ec2Endpoint());
    const { GroupId = '' } = await client.send(new CreateSecurityGroupCommand(wanted));
    const open = (CidrIp: string) =>
      client.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp, Description: 'me' }] }],
        }),
      );
    expect((await open('203.0.113.7/32')).SecurityGroupRules).toMatchObject([
      { CidrIpv4: '203.0.113.7/32', FromPort: 22 },
    ]);
    expect(await refusal(open('203.0.113.7/32'))).toBe(
      'InvalidPermission.Duplicate: the specified rule "peer: 203.0.113.7/32, TCP, from port: 22, to port: 22, ALLOW" already exists',
    );
    expect(await refusal(open('203.0.113.7'))).toBe('InvalidParameterValue: CIDR block 203.0.113.7 is malformed');
    const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
    expect(SecurityGroups?.[0]?.IpPermissions).toMatchObject([
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '203.0.113.7/32', Description: 'me' }] },
    ]);
  });
});

test('a security group lets in networks of IPv6, too', async () => {
  const client = clientOf(await ec2Endpoint());
  const { GroupId = '' } = await client.send(new CreateSecurityGroupCommand({ GroupName: 'six', Description: 'six' }));
  const IpPermissions = [
    { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: '2001:db8::7/128' }] },
  ];
  const made = await client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  expect(made.SecurityGroupRules).toMatchObject([{ CidrIpv6: '2001:db8::7/128' }]);
  const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  expect(SecurityGroups?.[0]?.IpPermissions).toMatchObject(IpPermissions);
});

describe('a key pair', () => {
  const LINE = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1Yk4oXb4o7jz2eNnUQ3s9C3YJ1y5m2v0m9d8x4a1bC me@here';
  const importing = (text: string) =>
    new ImportKeyPairCommand({ KeyName: 'mine', PublicKeyMaterial: Buffer.from(text) });

  test('is known by its name, once', async () => {
    const client = clientOf(await ec2Endpoint());
    const made = await client.send(importing(`${LINE}\n`));
    expect(made).toMatchObject({ KeyName: 'mine', KeyFingerprint: expect.stringMatching(/^[\w+/]{43}=$/) });
    expect(await refusal(client.send(importing(LINE)))).toBe('InvalidKeyPair.Duplicate: The keypair already exists');
    const asked = new DescribeKeyPairsCommand({ KeyNames: ['mine'], IncludePublicKey: true });
    expect((await client.send(asked)).KeyPairs).toMatchObject([
      { KeyName: 'mine', KeyType: 'ed25519', PublicKey: LINE },
    ]);
    expect(await refusal(client.send(new DescribeKeyPairsCommand({ KeyNames: ['mine', 'yours'] })))).toBe(
      "InvalidKeyPair.NotFound: The key pair 'yours' does not exist",
    );
  });

  test.each(['-----BEGIN OPENSSH PRIVATE KEY-----', 'ecdsa-sha2-nistp256 AAAAE2VjZHNh me@here', ''])(
    '%j is none',
    async (text) => {
      const client = clientOf(await ec2Endpoint());
      expect(await refusal(client.send(importing(text)))).toBe(
        'InvalidKey.Format: Key is not in valid OpenSSH public key format',
      );
    },
  );
});
