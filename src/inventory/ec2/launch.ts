import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import type { _InstanceType, RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import type { Launched, LaunchOrder } from '../cloud.ts';
import { LAUNCHING } from './api.ts';
import type { Ec2Api } from './api.ts';
import { launchFleet } from './launch-fleet.ts';
import { orderParts, wantedName } from './order.ts';
import { refusalOf } from './refusal.ts';
import { shortageOf } from './shortage.ts';

/** See `Cloud.launch`: RunInstances knows one type only, a fleet chooses among several. */
export async function launch(api: Ec2Api, order: LaunchOrder): Promise<Launched> {
  const [first = '', ...others] = order.instanceTypes;
  return others.length === 0 ? runInstances(api, order, first) : launchFleet(api, order);
}

async function runInstances(api: Ec2Api, order: LaunchOrder, instanceType: string): Promise<Launched> {
  const wanted = wantedName(order, instanceType);
  try {
    const request = new RunInstancesCommand(runParameters(order, instanceType));
    const { Instances: made = [] } = await api.onceKnown(NEW_TO_EC2, () => api.send(order.region, request, LAUNCHING));
    const instanceIds = made.flatMap(({ InstanceId }) => InstanceId ?? []);
    const isAll = instanceIds.length >= order.count;
    const shortages = isAll ? [] : [`got ${instanceIds.length} of ${order.count} ${wanted}: there is no room for more`];
    return { instanceIds, shortages, leftovers: [] };
  } catch (error) {
    const refusal = refusalOf(error);
    const shortage = refusal === null ? null : shortageOf(refusal, wanted);
    if (shortage === null) throw error;
    return { instanceIds: [], shortages: [shortage], leftovers: [] };
  }
}

/** Key and group may have been made for this order. */
const NEW_TO_EC2 = /^Invalid(KeyPair|Group)\.NotFound$/;

/** At least one: EC2 makes as many as there is room for. */
function runParameters(order: LaunchOrder, instanceType: string): RunInstancesCommandInput {
  const { availabilityZone, subnetId } = order;
  return {
    ...orderParts(order),
    InstanceType: instanceType as _InstanceType,
    MinCount: 1,
    MaxCount: order.count,
    ClientToken: order.clientToken,
    ...(order.lifecycle === 'spot' ? spotMarket(order.maxPrice) : {}),
    // a subnet lies in one zone
    ...(subnetId === null ? {} : { SubnetId: subnetId }),
    ...(subnetId !== null || availabilityZone === null ? {} : { Placement: { AvailabilityZone: availabilityZone } }),
  };
}

function spotMarket(maxPrice: string | null): Pick<RunInstancesCommandInput, 'InstanceMarketOptions'> {
  const price = maxPrice === null ? {} : { MaxPrice: maxPrice };
  return {
    InstanceMarketOptions: {
      MarketType: 'spot',
      SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate', ...price },
    },
  };
}
