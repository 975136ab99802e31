import type { Action } from '../call.ts';
import { Ec2Error, notFound } from '../error.ts';
import { filtered } from '../filters.ts';
import { STATE_CODES } from '../instance.ts';
import { pageOf } from '../paging.ts';
import { tagsOf } from '../parameters.ts';
import type { Region } from '../region.ts';
import { instancesAsked } from './describe-instances.ts';
import { stateXml } from './instance-xml.ts';

/** EC2 keeps the end of a console only. */
const CONSOLE_BYTES = 64 * 1024;

/** Tags on one resource. */
const MAX_TAGS = 50;

export const getConsoleOutput: Action = ({ region, parameters }) => {
  const [instance] = instancesAsked(region, [parameters.text('InstanceId') ?? '']);
  const text = Buffer.from(instance?.console ?? '').subarray(-CONSOLE_BYTES);
  return {
    instanceId: instance?.id,
    timestamp: new Date(),
    output: text.byteLength === 0 ? null : text.toString('base64'),
  };
};

/** Those that run, or all where that is asked for. */
export const describeInstanceStatus: Action = ({ world, region, parameters }) => {
  const asked = instancesAsked(region, parameters.texts('InstanceId'));
  const shown = asked.filter(({ state }) => parameters.isTrue('IncludeAllInstances') || state === 'running');
  const found = filtered(shown, parameters, ({ birth, state }) => ({
    tags: {},
    attributes: {
      'availability-zone': birth.zone,
      'instance-state-code': String(STATE_CODES[state]),
      'instance-state-name': state,
    },
  }));
  const rules = { range: [5, 1000] as const, limit: world.pageSize };
  const { items, nextToken } = pageOf(found, parameters, ({ id }) => id, rules);
  return {
    instanceStatusSet: items.map(({ id, birth, state }) => ({
      instanceId: id,
      availabilityZone: birth.zone,
      instanceState: stateXml(state),
      instanceStatus: { status: state === 'running' ? 'ok' : 'not-applicable' },
      systemStatus: { status: state === 'running' ? 'ok' : 'not-applicable' },
    })),
    nextToken,
  };
};

/** All resources get all tags, or none where one is not known. */
export const createTags: Action = ({ region, parameters }) => {
  const tags = tagsOf(parameters.structs('Tag'));
  const reserved = Object.keys(tags).find((key) => key.startsWith('aws:'));
  if (reserved !== undefined) {
    const message = `Tag keys starting with 'aws:' are reserved for internal use`;
    throw new Ec2Error('InvalidParameterValue', message);
  }
  const tagged = parameters.texts('ResourceId').map((id) => tagsOfResource(region, id));
  if (tagged.some((known) => Object.keys({ ...known, ...tags }).length > MAX_TAGS)) {
    throw new Ec2Error('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
  }
  for (const known of tagged) Object.assign(known, tags);
  return { return: true };
};

/** The tags themselves, to be changed. */
function tagsOfResource(region: Region, id: string): Record<string, string> {
  const instance = region.instances.get(id);
  if (id.startsWith('i-') && instance?.isVisible !== true) {
    throw notFound('InvalidInstanceID.NotFound', 'instance ID', [id]);
  }
  const pairs = [...region.keyPairs.values()];
  const tagged =
    instance ??
    region.network.groups.get(id) ??
    region.spotRequests.get(id) ??
    region.templates.get(id) ??
    pairs.find((pair) => pair.id === id);
  if (tagged === undefined) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
  return tagged.tags;
}
