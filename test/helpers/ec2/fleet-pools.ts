import { templateOf } from './actions/launch-templates.ts';
import { Ec2Error, invalidValue } from './error.ts';
import { type LaunchSpec, launchSpec } from './launch-spec.ts';
import { Parameters } from './parameters.ts';
import type { LaunchTemplate, Region } from './region.ts';

/** One way to fill a fleet: a launch template with what overrides it. */
export interface Pool {
  readonly template: LaunchTemplate;
  readonly override: Readonly<Record<string, string>>;
  /** lower goes first */
  readonly priority: number;
  /** or why it is none, as one of the fleet's errors */
  readonly spec: LaunchSpec | Ec2Error;
}

/** Where an override stands in a request for instances. */
const NAMES: Readonly<Record<string, string>> = {
  InstanceType: 'InstanceType',
  ImageId: 'ImageId',
  SubnetId: 'SubnetId',
  AvailabilityZone: 'Placement.AvailabilityZone',
  MaxPrice: 'InstanceMarketOptions.SpotOptions.MaxPrice',
};

/**
 * The pools of a CreateFleet request, in its order.
 * @throws Ec2Error for a template that is not there, or that no fleet takes
 */
export function poolsOf(region: Region, parameters: Parameters, lifecycle: LaunchSpec['lifecycle']): Pool[] {
  return parameters.structs('LaunchTemplateConfigs').flatMap((config) => {
    const specification = config.struct('LaunchTemplateSpecification');
    const template = templateOf(region, specification);
    if (specification.text('Version') === null) throw invalidValue('LaunchTemplateVersion', '', 'It must be given.');
    if (Object.keys(template.data).some((name) => name.startsWith('InstanceMarketOptions.'))) {
      throw new Ec2Error('InvalidParameterValue', 'A fleet takes no launch template with InstanceMarketOptions');
    }
    const overrides = config.structs('Overrides').map((override) => override.all());
    return (overrides.length > 0 ? overrides : [{}]).map((override) => poolOf(region, template, override, lifecycle));
  });
}

function poolOf(
  region: Region,
  template: LaunchTemplate,
  override: Readonly<Record<string, string>>,
  lifecycle: LaunchSpec['lifecycle'],
): Pool {
  const market = lifecycle === 'spot' ? { 'InstanceMarketOptions.MarketType': 'spot' } : {};
  const all: Record<string, string> = { ...template.data, ...market };
  for (const [name, value] of Object.entries(override)) {
    const place = NAMES[name];
    if (place !== undefined) all[place] = value;
    if (name === 'SubnetId' && 'NetworkInterface.1.DeviceIndex' in all) all['NetworkInterface.1.SubnetId'] = value;
  }
  // without one it comes last, and two without one stay in their order
  const priority = Number(override['Priority'] ?? Number.MAX_VALUE);
  return { template, override, priority, spec: specOrError(region, new Parameters(all)) };
}

function specOrError(region: Region, parameters: Parameters): LaunchSpec | Ec2Error {
  try {
    return launchSpec(region, parameters);
  } catch (error) {
    if (error instanceof Ec2Error) return error;
    throw error;
  }
}
