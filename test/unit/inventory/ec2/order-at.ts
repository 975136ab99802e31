import type { LaunchOrder } from '../../../../src/inventory/cloud.ts';
import type { Ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';

/** One t3.micro in us-east-1, of what the endpoint has. */
export function orderAt(endpoint: Ec2Endpoint, more: Partial<LaunchOrder> = {}): LaunchOrder {
  const { images, network } = endpoint.region();
  return {
    region: 'us-east-1',
    availabilityZone: null,
    instanceTypes: ['t3.micro'],
    count: 1,
    lifecycle: 'spot',
    maxPrice: null,
    imageId: images.find(({ architecture }) => architecture === 'x86_64')?.id ?? '',
    keyName: null,
    securityGroupId: [...network.groups.keys()][0] ?? '',
    subnetId: null,
    userData: null,
    tags: { Name: 'web' },
    clientToken: 'token',
    ...more,
  };
}

/** What was asked by requests of one action, but for its name and version. */
export function asked(endpoint: Ec2Endpoint, action: string): Record<string, string>[] {
  return endpoint.requestsFor(action).map(({ parameters }) => {
    const entries = Object.entries(parameters).filter(([name]) => name !== 'Action' && name !== 'Version');
    return Object.fromEntries(entries);
  });
}
