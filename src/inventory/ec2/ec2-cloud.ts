import { systemClock } from '../../util/clock.ts';
import type { Clock } from '../../util/clock.ts';
import type { Cloud } from '../cloud.ts';
import { Ec2Api } from './api.ts';
import type { ApiOptions } from './api.ts';
import { consoleOutput } from './console.ts';
import { describe, fates } from './describe.ts';
import { image } from './image.ts';
import { ensureKey } from './key.ts';
import { launch } from './launch.ts';
import { ensureSecurityGroup } from './security-group.ts';
import { probe } from './probe.ts';
import { spotPrices } from './spot-prices.ts';
import { terminate } from './terminate.ts';
import { zones } from './zones.ts';

export interface Ec2CloudOptions extends ApiOptions {
  readonly clock?: Clock;
}

/**
 * EC2, over the AWS SDK: the credentials are those of its default chain. Nothing is asked, and no credentials are looked
 * up, before the first call.
 */
export function ec2Cloud({ clock = systemClock, ...options }: Ec2CloudOptions): Cloud {
  const api = new Ec2Api(options);
  return {
    describe: (region, tags, instanceIds) => describe(api, region, tags, instanceIds),
    fates: (region, instanceIds) => fates(api, region, instanceIds),
    launch: (order) => launch(api, order),
    terminate: (region, instanceIds) => terminate(api, region, instanceIds),
    zones: (region) => zones(api, region),
    image: (region, wanted) => image(api, region, wanted),
    ensureKey: (region, publicKey) => ensureKey(api, region, publicKey),
    ensureSecurityGroup: (region, wanted) => ensureSecurityGroup(api, region, wanted),
    spotPrices: (region, instanceTypes) => spotPrices(api, region, instanceTypes, clock),
    consoleOutput: (region, instanceId) => consoleOutput(api, region, instanceId),
    probe: (region) => probe(api, region),
    close: () => api.close(),
  };
}
