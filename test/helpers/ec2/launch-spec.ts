import type { Lifecycle } from '../../../src/model/instance.ts';
import { Ec2Error, invalidValue, notFound } from './error.ts';
import type { Image } from './images.ts';
import { INSTANCE_TYPES, type InstanceType } from './instance-types.ts';
import type { SecurityGroup, Subnet } from './network.ts';
import { type Parameters, tagsFor } from './parameters.ts';
import type { Region } from './region.ts';

/** What instances are made of, but for the place. */
export interface LaunchSpec {
  readonly type: InstanceType;
  readonly image: Image;
  readonly lifecycle: Lifecycle;
  /** US dollars an hour, or null: the on-demand price */
  readonly maxPrice: number | null;
  readonly keyName: string | null;
  readonly groups: readonly SecurityGroup[];
  /** null: the default one of a zone that is chosen later */
  readonly subnet: Subnet | null;
  /** null: any */
  readonly zone: string | null;
  readonly userData: Buffer | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly spotTags: Readonly<Record<string, string>>;
}

/** EC2 counts before base64. */
const MAX_USER_DATA_BYTES = 16 * 1024;

/** Where a request names none; EC2's own m1.small is nothing that a test has. */
const DEFAULT_TYPE = 't2.micro';

/**
 * Reads and checks what RunInstances and the data of a launch template have in common.
 * @throws Ec2Error for what does not exist, or does not go together
 */
export function launchSpec(region: Region, parameters: Parameters): LaunchSpec {
  const type = instanceType(parameters.text('InstanceType') ?? DEFAULT_TYPE);
  const image = imageOf(region, parameters.text('ImageId'));
  checkArchitecture(type, image);
  const keyName = parameters.text('KeyName');
  if (keyName !== null && !region.keyPairs.has(keyName)) {
    throw notFound('InvalidKeyPair.NotFound', 'key pair', [keyName]);
  }
  const card = parameters.structs('NetworkInterface')[0] ?? parameters;
  const subnetId = card.text('SubnetId') ?? parameters.text('SubnetId');
  const market = parameters.struct('InstanceMarketOptions');
  const maxPrice = market.struct('SpotOptions').text('MaxPrice');
  return {
    type,
    image,
    lifecycle: market.text('MarketType') === 'spot' ? 'spot' : 'on-demand',
    maxPrice: maxPrice === null ? null : price(maxPrice),
    keyName,
    groups: card.texts('SecurityGroupId').map((id) => region.network.group(id)),
    subnet: subnetId === null ? null : region.network.subnet(subnetId),
    zone: zoneOf(region, parameters.struct('Placement').text('AvailabilityZone')),
    userData: userDataOf(parameters.text('UserData')),
    tags: tagsFor('instance', parameters),
    spotTags: tagsFor('spot-instances-request', parameters),
  };
}

export function instanceType(name: string): InstanceType {
  const type = INSTANCE_TYPES.get(name);
  if (type === undefined) throw new Ec2Error('InvalidParameterValue', `Invalid value '${name}' for InstanceType.`);
  return type;
}

/** @returns null for null */
export function zoneOf(region: Region, zone: string | null): string | null {
  if (zone === null || region.zones.includes(zone)) return zone;
  throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${zone}]`);
}

export function imageOf(region: Region, id: string | null): Image {
  if (id === null) throw new Ec2Error('MissingParameter', 'The request must contain the parameter ImageId');
  if (!/^ami-[0-9a-f]+$/.test(id)) {
    throw new Ec2Error('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
  }
  const image = region.images.find((candidate) => candidate.id === id);
  if (image === undefined) throw new Ec2Error('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  return image;
}

export function checkArchitecture(type: InstanceType, image: Image): void {
  if (type.architectures.includes(image.architecture)) return;
  throw new Ec2Error(
    'InvalidParameterValue',
    `The architecture '${type.architectures.join(',')}' of the specified instance type does not match the architecture ` +
      `'${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching ` +
      'architectures, and try again.',
  );
}

export function price(text: string): number {
  if (/^\d*\.?\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw invalidValue('price', text, `"${text}" is an invalid spot instance price`);
}

function userDataOf(base64: string | null): Buffer | null {
  if (base64 === null) return null;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    throw new Ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  const data = Buffer.from(base64, 'base64');
  if (data.byteLength <= MAX_USER_DATA_BYTES) return data;
  throw new Ec2Error('InvalidParameterValue', `User data is limited to ${MAX_USER_DATA_BYTES} bytes`);
}
