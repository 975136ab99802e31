import { CreateFleetCommand, CreateLaunchTemplateCommand, DeleteLaunchTemplateCommand } from '@aws-sdk/client-ec2';
import type {
  _InstanceType,
  CreateFleetCommandInput,
  CreateFleetCommandOutput,
  CreateFleetError,
  FleetLaunchTemplateOverridesRequest,
} from '@aws-sdk/client-ec2';
import { messageOf } from '../../model/errors.ts';
import type { Launched, LaunchOrder } from '../cloud.ts';
import { LAUNCHING } from './api.ts';
import type { Ec2Api } from './api.ts';
import { explainRefusal } from './errors.ts';
import { readable } from './fault.ts';
import { orderParts, tagsFor, wantedName } from './order.ts';
import { refusalOf } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { shortageOf } from './shortage.ts';

const NO_TEMPLATE = /^InvalidLaunchTemplateName\.NotFound(Exception)?$/;

/**
 * Orders from whichever of several types EC2 has most of for the price. A fleet reads from a launch template, which is
 * made before and removed afterwards. It has a name that follows from the token: whoever died in between and orders
 * again finds it, or makes one of the same name, so that the request for the fleet is the same, and its answer too.
 */
export async function launchFleet(api: Ec2Api, order: LaunchOrder): Promise<Launched> {
  const template = `spot-${order.clientToken.replace(/[^\w().-]/g, '-')}`;
  await makeTemplate(api, order, template);
  let launched: Launched;
  try {
    launched = await createFleet(api, order, template);
  } catch (error) {
    // the first reason is the one to tell, and the same order again removes what is left
    await removeTemplate(api, order, template);
    throw error;
  }
  return { ...launched, leftovers: await removeTemplate(api, order, template) };
}

async function makeTemplate(api: Ec2Api, order: LaunchOrder, name: string): Promise<void> {
  const request = new CreateLaunchTemplateCommand({
    LaunchTemplateName: name,
    LaunchTemplateData: orderParts(order),
    ...tagsFor(order.tags, ['launch-template']),
  });
  await api.send(order.region, request).catch((error: unknown) => {
    if (refusalOf(error)?.code !== 'InvalidLaunchTemplateName.AlreadyExistsException') throw error;
  });
}

/** What is left of it, one sentence or none. */
async function removeTemplate(api: Ec2Api, { region }: LaunchOrder, name: string): Promise<string[]> {
  try {
    await api.send(region, new DeleteLaunchTemplateCommand({ LaunchTemplateName: name }));
    return [];
  } catch (error) {
    if (NO_TEMPLATE.test(refusalOf(error)?.code ?? '')) return [];
    return [`the launch template ${name} in ${region} could not be deleted (${messageOf(error)})`];
  }
}

async function createFleet(api: Ec2Api, order: LaunchOrder, template: string): Promise<Launched> {
  const request = new CreateFleetCommand(fleetParameters(order, template));
  const answer = await api.onceKnown(NO_TEMPLATE, () => api.send(order.region, request, LAUNCHING));
  const instanceIds = (answer.Instances ?? []).flatMap(({ InstanceIds }) => InstanceIds ?? []);
  if (instanceIds.length >= order.count) return { instanceIds, shortages: [], leftovers: [] };
  return { instanceIds, shortages: shortagesOf(answer, order, instanceIds.length), leftovers: [] };
}

function fleetParameters(order: LaunchOrder, template: string): CreateFleetCommandInput {
  const isSpot = order.lifecycle === 'spot';
  return {
    Type: 'instant',
    ClientToken: order.clientToken,
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateName: template, Version: '1' },
        Overrides: order.instanceTypes.map((type, priority) => overrideFor(order, type, priority)),
      },
    ],
    TargetCapacitySpecification: {
      TotalTargetCapacity: order.count,
      DefaultTargetCapacityType: order.lifecycle,
    },
    ...(isSpot
      ? { SpotOptions: { AllocationStrategy: 'price-capacity-optimized', InstanceInterruptionBehavior: 'terminate' } }
      : { OnDemandOptions: { AllocationStrategy: 'prioritized' } }),
  };
}

function overrideFor(order: LaunchOrder, type: string, priority: number): FleetLaunchTemplateOverridesRequest {
  const { availabilityZone, subnetId, maxPrice, lifecycle } = order;
  return {
    InstanceType: type as _InstanceType,
    ...(lifecycle === 'spot' ? {} : { Priority: priority }),
    ...(lifecycle === 'spot' && maxPrice !== null ? { MaxPrice: maxPrice } : {}),
    // a subnet lies in one zone
    ...(subnetId === null ? {} : { SubnetId: subnetId }),
    ...(subnetId !== null || availabilityZone === null ? {} : { AvailabilityZone: availabilityZone }),
  };
}

/** @throws SpotError where nothing came of the order, and not for want of room */
function shortagesOf({ Errors = [] }: CreateFleetCommandOutput, order: LaunchOrder, got: number): string[] {
  const told = Errors.map((error) => ({ error, shortage: shortageOf(refusalIn(error), wantedIn(error, order)) }));
  const wrong = told.find(({ shortage }) => shortage === null);
  if (got === 0 && wrong !== undefined) throw explainRefusal(refusalIn(wrong.error), order.region, 'CreateFleet');
  const sentences = new Set(told.map(({ error, shortage }) => shortage ?? refused(error, order)));
  if (sentences.size > 0) return [...sentences];
  return [
    `got ${got} of ${order.count} ${wantedName(order, order.instanceTypes.join(' or '))}: there is no room for more`,
  ];
}

function refusalIn({ ErrorCode: code = '', ErrorMessage: message = '' }: CreateFleetError): Refusal {
  return { code, words: readable(message) };
}

function wantedIn({ LaunchTemplateAndOverrides: parts }: CreateFleetError, order: LaunchOrder): string {
  return wantedName(order, parts?.Overrides?.InstanceType ?? order.instanceTypes.join(' or '));
}

/** One of several types that does not fit does not end an order that the others fill. */
function refused(error: CreateFleetError, order: LaunchOrder): string {
  const { code, words } = refusalIn(error);
  return `cannot have ${wantedIn(error, order)}: ${words} (${code})`;
}
