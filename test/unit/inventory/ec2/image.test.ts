import { describe, expect, test } from 'vitest';
import { userOf } from '../../../../src/inventory/ec2/image-user.ts';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, refusal, REGION } from './cloud-at.ts';

leakCheck();

describe('the latest image', () => {
  test.each([
    ['ubuntu', ['t3.micro'], 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250610', 'ubuntu'],
    ['ubuntu', ['t4g.micro'], 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20250610', 'ubuntu'],
    [
      'ubuntu',
      ['t2.micro', 't3.small'],
      'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250610',
      'ubuntu',
    ],
    ['amazon-linux', ['t3.micro'], 'al2023-ami-2023.7.20250609.0-kernel-6.1-x86_64', 'ec2-user'],
    ['amazon-linux', ['t4g.micro', 't4g.small'], 'al2023-ami-2023.7.20250609.0-kernel-6.1-arm64', 'ec2-user'],
  ] as const)('of %s for %s', async (system, instanceTypes, name, user) => {
    const endpoint = await ec2Endpoint({ pageSize: 5 });
    const image = await cloudAt(endpoint).image(REGION, { imageId: null, system, instanceTypes });
    const known = endpoint.region().images.find((candidate) => candidate.name === name);
    // names of others are copied by others
    expect(image).toEqual({ imageId: known?.id, name, user });
  });

  test('of ubuntu is of the newest LTS, not of the newest release', async () => {
    const endpoint = await ec2Endpoint();
    const { images } = endpoint.region();
    const [noble] = images.filter(({ name }) => name.includes('noble-24.04-amd64-server-20250610'));
    if (noble === undefined) throw new Error('the endpoint has other images');
    const resolute = noble.name.replace('noble-24.04', 'resolute-26.04').replace('20250610', '20260430');
    images.push(
      { ...noble, id: 'ami-0a', name: noble.name.replace('noble-24.04', 'plucky-25.04'), createdAt: new Date() },
      { ...noble, id: 'ami-0b', name: resolute, createdAt: new Date('2026-04-30') },
      { ...noble, id: 'ami-0c', name: noble.name.replace('20250610', '20260901'), createdAt: new Date('2026-09-01') },
    );
    const wanted = { imageId: null, system: 'ubuntu', instanceTypes: ['t3.micro'] } as const;
    expect(await cloudAt(endpoint).image(REGION, wanted)).toEqual({
      imageId: 'ami-0b',
      name: resolute,
      user: 'ubuntu',
    });
  });

  test('that there is not is told', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.region().images.splice(0);
    const wanted = { imageId: null, system: 'amazon-linux', instanceTypes: ['t3.micro'] } as const;
    const { code, exitCode, message } = await refusal(cloudAt(endpoint).image(REGION, wanted));
    expect([code, exitCode]).toEqual(['aws-no-image', 69]);
    expect(message).toBe('no image of amazon-linux for x86_64 in us-east-1; name one with --ami (aws.ami)');
  });
});

describe('instance types', () => {
  test('of two architectures have no image in common', async () => {
    const endpoint = await ec2Endpoint();
    const wanted = { imageId: null, system: 'ubuntu', instanceTypes: ['t2.micro', 't4g.micro'] } as const;
    const { code, exitCode, message } = await refusal(cloudAt(endpoint).image(REGION, wanted));
    expect([code, exitCode]).toEqual(['aws-architecture', 78]);
    expect(message).toBe(
      'no image fits all instance types in us-east-1 (t2.micro: i386 or x86_64, t4g.micro: arm64); give types of one ' +
        'architecture, or --ami',
    );
  });

  test('that do not exist are told', async () => {
    const endpoint = await ec2Endpoint();
    const wanted = { imageId: null, system: 'ubuntu', instanceTypes: ['t9.micro'] } as const;
    const { code, message } = await refusal(cloudAt(endpoint).image(REGION, wanted));
    expect(code).toBe('aws-unknown-instance-type');
    expect(message).toContain('The following supplied instance types do not exist: [t9.micro]');
  });
});

describe('an image that is named', () => {
  test('is looked up, also where it is out of date', async () => {
    const endpoint = await ec2Endpoint();
    const [image] = endpoint.region().images;
    if (image === undefined) throw new Error('the endpoint has no images');
    const named = { ...image, id: 'ami-0123', name: 'debian-12-amd64-20230101-1', deprecatedAt: new Date(0) };
    endpoint.region().images.push(named);
    const wanted = { imageId: 'ami-0123', system: 'ubuntu', instanceTypes: ['t3.micro'] } as const;
    const found = { imageId: 'ami-0123', name: 'debian-12-amd64-20230101-1', user: 'admin' };
    expect(await cloudAt(endpoint).image(REGION, wanted)).toEqual(found);
  });

  test('and does not exist is told', async () => {
    const endpoint = await ec2Endpoint();
    const wanted = { imageId: 'ami-0123', system: 'ubuntu', instanceTypes: ['t3.micro'] } as const;
    const { code, exitCode } = await refusal(cloudAt(endpoint).image(REGION, wanted));
    expect([code, exitCode]).toEqual(['aws-unknown-image', 78]);
  });
});

test.each([
  ['ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20250712', 'ubuntu'],
  ['al2023-ami-2023.7.20250609.0-kernel-6.1-x86_64', 'ec2-user'],
  ['amzn2-ami-hvm-2.0.20250610.0-x86_64-gp2', 'ec2-user'],
  ['debian-12-amd64-20250530-2128', 'admin'],
  ['RHEL-9.6.0_HVM-20250618-x86_64-0-Hourly2-GP3', 'ec2-user'],
  ['suse-sles-15-sp7-v20250617-hvm-ssd-x86_64', 'ec2-user'],
  ['Fedora-Cloud-Base-AmazonEC2.x86_64-42-1.1', 'fedora'],
  ['CentOS-7-2111-20220825_1.x86_64-d9a3032a', 'centos'],
  ['Rocky-9-EC2-Base-9.6-20250531.0.x86_64', 'rocky'],
  ['AlmaLinux OS 9.6.20250522 x86_64', 'ec2-user'],
  ['FreeBSD 14.3-RELEASE-amd64 UFS', 'ec2-user'],
  ['OL9.6-x86_64-HVM-2025-05-23', 'ec2-user'],
  ['bitnami-wordpress-6.8.1-r04-debian-12-x86_64', 'bitnami'],
  ['our-golden-image-42', null],
])('an image named %s lets in %s', (name, user) => {
  expect(userOf(name)).toBe(user);
});
