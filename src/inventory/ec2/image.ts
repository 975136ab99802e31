import { DescribeImagesCommand, DescribeInstanceTypesCommand } from '@aws-sdk/client-ec2';
import type { _InstanceType, Image as Ec2Image, InstanceTypeInfo } from '@aws-sdk/client-ec2';
import { configError, noInstanceError } from '../../model/errors.ts';
import type { Image, WantedImage } from '../cloud.ts';
import type { Ec2Api } from './api.ts';
import { explainRefusal } from './errors.ts';
import { filter } from './filters.ts';
import { userOf } from './image-user.ts';
import { allPages, PAGE_SIZE } from './pages.ts';

/** How each system's images are found, and which of them is the newest. */
interface System {
  readonly owner: string;
  readonly pattern: (architecture: Architecture) => string;
  /** what decides before the date, larger is newer; null: not one of these */
  readonly rank: (name: string) => number | null;
}

type Architecture = 'x86_64' | 'arm64';

const SYSTEMS: Readonly<Record<WantedImage['system'], System>> = {
  // Canonical's account: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
  ubuntu: {
    owner: '099720109477',
    pattern: (architecture) =>
      `ubuntu/images/hvm-ssd*/ubuntu-*-*.04-${architecture === 'arm64' ? 'arm64' : 'amd64'}-server-*`,
    rank: ubuntuRelease,
  },
  // https://docs.aws.amazon.com/linux/al2023/ug/naming-and-versioning.html
  'amazon-linux': {
    owner: 'amazon',
    pattern: (architecture) => `al2023-ami-2023.*-${architecture}`,
    rank: () => 0,
  },
};

/** See `Cloud.image`. */
export async function image(api: Ec2Api, region: string, wanted: WantedImage): Promise<Image> {
  const found = wanted.imageId === null ? await latest(api, region, wanted) : await named(api, region, wanted.imageId);
  const name = found.Name ?? null;
  return { imageId: found.ImageId ?? '', name, user: userOf(name ?? '') };
}

async function named(api: Ec2Api, region: string, imageId: string): Promise<Ec2Image> {
  const request = new DescribeImagesCommand({ ImageIds: [imageId], IncludeDeprecated: true });
  const [found] = (await api.send(region, request)).Images ?? [];
  if (found !== undefined) return found;
  throw explainRefusal({ code: 'InvalidAMIID.NotFound', words: imageId }, region);
}

async function latest(api: Ec2Api, region: string, { system, instanceTypes }: WantedImage): Promise<Ec2Image> {
  const architecture = await commonArchitecture(api, region, instanceTypes);
  const { owner, pattern, rank } = SYSTEMS[system];
  const asked = {
    Owners: [owner],
    Filters: [
      filter('name', pattern(architecture)),
      filter('architecture', architecture),
      filter('state', 'available'),
      filter('root-device-type', 'ebs'),
      filter('virtualization-type', 'hvm'),
    ],
    MaxResults: PAGE_SIZE,
  };
  const images = await allPages(async (token) => {
    const { Images: items = [], NextToken: next } = await api.send(
      region,
      new DescribeImagesCommand({ ...asked, NextToken: token }),
    );
    return { items, next };
  });
  const [newest] = images
    .filter(({ Name = '' }) => rank(Name) !== null)
    .sort((a, b) => releaseOf(b, rank) - releaseOf(a, rank) || dateOf(b).localeCompare(dateOf(a)));
  if (newest !== undefined) return newest;
  const message = `no image of ${system} for ${architecture} in ${region}; name one with --ami (aws.ami)`;
  throw noInstanceError('aws-no-image', message);
}

function releaseOf({ Name = '' }: Ec2Image, rank: System['rank']): number {
  return rank(Name) ?? 0;
}

/** ISO 8601, which sorts as text. */
function dateOf({ CreationDate: date = '' }: Ec2Image): string {
  return date;
}

/** `2404` of `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250610`; LTS is April of an even year. */
function ubuntuRelease(name: string): number | null {
  const year = Number(/-(\d\d)\.04-/.exec(name)?.[1] ?? Number.NaN);
  return year % 2 === 0 ? year * 100 + 4 : null;
}

async function commonArchitecture(
  api: Ec2Api,
  region: string,
  instanceTypes: readonly string[],
): Promise<Architecture> {
  const request = new DescribeInstanceTypesCommand({ InstanceTypes: [...instanceTypes] as _InstanceType[] });
  const { InstanceTypes: infos = [] } = await api.send(region, request);
  const common = (['x86_64', 'arm64'] as const).find((each) =>
    infos.every((info) => architecturesOf(info).includes(each)),
  );
  if (common !== undefined) return common;
  const each = infos.map((info) => `${info.InstanceType ?? ''}: ${architecturesOf(info).join(' or ')}`).join(', ');
  const message = `no image fits all instance types in ${region} (${each}); give types of one architecture, or --ami`;
  throw configError('aws-architecture', message);
}

function architecturesOf({ ProcessorInfo }: InstanceTypeInfo): readonly string[] {
  return ProcessorInfo?.SupportedArchitectures ?? [];
}
