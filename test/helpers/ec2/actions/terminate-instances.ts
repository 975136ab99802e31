import type { Action } from '../call.ts';
import { endByUser } from '../endings.ts';
import { instancesAsked } from './describe-instances.ts';
import { stateXml } from './instance-xml.ts';

/** All of them, or none where one is not known. */
export const terminateInstances: Action = ({ world, region, parameters }) => {
  const instances = instancesAsked(region, parameters.texts('InstanceId'));
  return {
    instancesSet: instances.map((instance) => {
      const previous = instance.state;
      endByUser(world, region, instance);
      return { instanceId: instance.id, currentState: stateXml(instance.state), previousState: stateXml(previous) };
    }),
  };
};
