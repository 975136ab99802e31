import type { Action } from '../call.ts';
import { Ec2Error } from '../error.ts';
import { filtered } from '../filters.ts';
import type { Image } from '../images.ts';
import { INSTANCE_TYPES, type InstanceType } from '../instance-types.ts';
import { imageOf } from '../launch-spec.ts';
import { pageOf } from '../paging.ts';
import { OWNER } from '../region.ts';
import type { Xml } from '../xml.ts';

export const describeImages: Action = ({ world, region, parameters }) => {
  const ids = parameters.texts('ImageId');
  const owners = parameters.texts('Owner');
  const named = ids.length > 0 ? ids.map((id) => imageOf(region, id)) : region.images;
  const asked = named.filter((image) => owners.length === 0 || owners.some((owner) => isOwner(image, owner)));
  const shown = asked.filter((image) => parameters.isTrue('IncludeDeprecated') || !isHidden(image));
  const found = filtered(shown, parameters, (image) => ({
    tags: {},
    attributes: {
      architecture: image.architecture,
      'creation-date': image.createdAt.toISOString(),
      'image-id': image.id,
      'image-type': 'machine',
      'is-public': String(image.ownerId !== OWNER),
      name: image.name,
      'owner-alias': image.ownerAlias,
      'owner-id': image.ownerId,
      'root-device-type': 'ebs',
      state: image.state,
      'virtualization-type': 'hvm',
    },
  }));
  const rules = { range: [1, 1000] as const, limit: world.pageSize };
  const { items, nextToken } = pageOf(found, parameters, ({ id }) => id, rules);
  return { imagesSet: items.map(imageXml), nextToken };
};

function isOwner(image: Image, owner: string): boolean {
  return owner === image.ownerId || owner === image.ownerAlias || (owner === 'self' && image.ownerId === OWNER);
}

function isHidden({ deprecatedAt, ownerId }: Image): boolean {
  return deprecatedAt !== null && deprecatedAt.getTime() <= Date.now() && ownerId !== OWNER;
}

function imageXml(image: Image): Xml {
  return {
    imageId: image.id,
    imageLocation: `${image.ownerAlias ?? image.ownerId}/${image.name}`,
    imageState: image.state,
    imageOwnerId: image.ownerId,
    creationDate: image.createdAt,
    isPublic: image.ownerId !== OWNER,
    architecture: image.architecture,
    imageType: 'machine',
    imageOwnerAlias: image.ownerAlias,
    name: image.name,
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/sda1',
    virtualizationType: 'hvm',
    deprecationTime: image.deprecatedAt,
  };
}

export const describeInstanceTypes: Action = ({ world, parameters }) => {
  const names = parameters.texts('InstanceType');
  const missing = names.filter((name) => !INSTANCE_TYPES.has(name));
  if (missing.length > 0) {
    const message = `The following supplied instance types do not exist: [${missing.join(', ')}]`;
    throw new Ec2Error('InvalidInstanceType', message);
  }
  const asked = [...INSTANCE_TYPES.values()].filter(({ name }) => names.length === 0 || names.includes(name));
  const found = filtered(asked, parameters, (type) => ({
    tags: {},
    attributes: {
      'instance-type': type.name,
      'processor-info.supported-architecture': type.architectures,
      'supported-usage-class': ['on-demand', 'spot'],
      'vcpu-info.default-vcpus': String(type.cpus),
    },
  }));
  const rules = { range: [5, 100] as const, limit: Math.min(100, world.pageSize) };
  const { items, nextToken } = pageOf(found, parameters, ({ name }) => name, rules);
  return { instanceTypeSet: items.map(typeXml), nextToken };
};

function typeXml(type: InstanceType): Xml {
  return {
    instanceType: type.name,
    currentGeneration: true,
    supportedUsageClasses: ['on-demand', 'spot'],
    processorInfo: { supportedArchitectures: type.architectures },
    vCpuInfo: { defaultVCpus: type.cpus },
    memoryInfo: { sizeInMiB: type.memoryMib },
  };
}
