import type { InstanceMetadataOptionsRequest, ResourceType, Tag, TagSpecification } from '@aws-sdk/client-ec2';
import type { LaunchOrder, Tags } from '../cloud.ts';

/** What both ways to launch say alike. */
export interface OrderParts {
  readonly ImageId: string;
  readonly KeyName?: string;
  readonly SecurityGroupIds: string[];
  readonly UserData?: string;
  /** tokens required: nobody who can make a script there send a request gets at the credentials of its role */
  readonly MetadataOptions: Required<Pick<InstanceMetadataOptionsRequest, 'HttpTokens' | 'HttpEndpoint'>>;
  /** a spot instance takes no other */
  readonly InstanceInitiatedShutdownBehavior: 'terminate';
  readonly TagSpecifications?: TagSpecification[];
}

export function orderParts(order: LaunchOrder): OrderParts {
  const { keyName, userData, lifecycle, tags } = order;
  const tagged: ResourceType[] = ['instance', 'volume', ...(lifecycle === 'spot' ? [SPOT_REQUEST] : [])];
  return {
    ImageId: order.imageId,
    SecurityGroupIds: [order.securityGroupId],
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
    InstanceInitiatedShutdownBehavior: 'terminate',
    ...(keyName === null ? {} : { KeyName: keyName }),
    ...(userData === null ? {} : { UserData: userData.toString('base64') }),
    ...tagsFor(tags, tagged),
  };
}

const SPOT_REQUEST: ResourceType = 'spot-instances-request';

export function tagsFor(
  tags: Tags,
  resources: readonly ResourceType[],
): { readonly TagSpecifications?: TagSpecification[] } {
  const Tags: Tag[] = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  if (Tags.length === 0) return {};
  return { TagSpecifications: resources.map((ResourceType) => ({ ResourceType, Tags })) };
}

/** `t3.micro in us-east-1a`. */
export function wantedName({ region, availabilityZone, subnetId }: LaunchOrder, instanceType: string): string {
  return `${instanceType} in ${availabilityZone ?? subnetId ?? region}`;
}
