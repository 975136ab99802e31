import type { Cloud } from '../inventory/cloud.ts';
import type { Creation, CreationRequest, LaunchSettings } from '../model/creation.ts';
import { remember } from '../util/remember.ts';
import type { CreateSubscriber } from './create-event.ts';

export interface SettingsDeps {
  readonly cloud: Pick<Cloud, 'image' | 'ensureKey' | 'ensureSecurityGroup'>;
  /** the network of this machine, for a request that says `auto` */
  readonly ownNetwork: () => Promise<string>;
  readonly emit: CreateSubscriber;
}

/**
 * What calls in a region take: image, key pair and security group, looked up or made once for each region. Where the
 * creation has a call in that region already, that one's.
 */
export function launchSettings(creation: Creation, deps: SettingsDeps): (region: string) => Promise<LaunchSettings> {
  const found = new Map<string, Promise<LaunchSettings>>();
  for (const { place, settings } of creation.orders) found.set(place.region, Promise.resolve(settings));
  return (region) => remember(found, region, () => settingsIn(region, creation.request, deps));
}

async function settingsIn(
  region: string,
  request: CreationRequest,
  { cloud, ownNetwork, emit }: SettingsDeps,
): Promise<LaunchSettings> {
  const { imageId, system, instanceTypes, securityGroup: group, subnetId } = request;
  const image = await cloud.image(region, { imageId, system, instanceTypes });
  if (request.sshUser !== null && image.user !== null && image.user !== request.sshUser) {
    const message = `aws.username is ${request.sshUser}, and ${image.imageId} lets in ${image.user}; leave aws.username out if the login fails`;
    emit({ type: 'warning', message });
  }
  const isOurs = group === null;
  const sshFrom = isOurs && request.sshFrom === 'auto' ? await ownNetwork() : request.sshFrom;
  const securityGroupId = await cloud.ensureSecurityGroup(region, { group, subnetId, sshFrom });
  const keyName = await cloud.ensureKey(region, request.publicKey);
  return { imageId: image.imageId, sshUser: request.sshUser ?? image.user, keyName, securityGroupId };
}
