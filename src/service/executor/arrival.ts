import type { Deployment } from '../../model/deployment.ts';
import { type Problem, SpotError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { addressOf, type Instance, isEnded } from '../../model/instance.ts';
import type { ExecutorDeps } from './deps.ts';

/** How far an instance is that has to come up. */
export type Arrival =
  | { readonly kind: 'up'; readonly instance: Instance }
  | { readonly kind: 'coming'; readonly problem: Problem }
  /** it will not */
  | { readonly kind: 'never'; readonly problem: Problem };

/** Looks once whether the instance of a deployment runs and has an address; its source is asked where it does not. */
export async function lookForArrival(
  { instanceId }: Pick<Deployment, 'instanceId'>,
  { state, lookUps, fates }: Pick<ExecutorDeps, 'state' | 'lookUps' | 'fates'>,
): Promise<Arrival> {
  const known = state.instances.find(instanceId ?? '');
  if (known === null) return never('instance-unknown', `${instanceId} is not among the instances any more`);
  try {
    const instance = isUp(known) ? known : await lookUps.of(known);
    if (isUp(instance)) return { kind: 'up', instance };
    if (isEnded(instance)) return await gone(instance, fates);
    if (instance.state === 'stopping' || instance.state === 'stopped') {
      return never('instance-not-running', `${instance.instanceId} is ${instance.state}`);
    }
    const what = instance.state === 'running' ? 'has no address yet' : `is ${instance.state}`;
    return { kind: 'coming', problem: { code: 'not-ready', message: `${instance.instanceId} ${what}` } };
  } catch (error) {
    if (!(error instanceof SpotError) || error.code.startsWith('state-')) throw error;
    const { code, message, exitCode } = error;
    return exitCode === ExitCode.config ? never(code, message) : { kind: 'coming', problem: { code, message } };
  }
}

function isUp(instance: Instance): boolean {
  return instance.state === 'running' && addressOf(instance) !== null;
}

async function gone(instance: Instance, fates: ExecutorDeps['fates']): Promise<Arrival> {
  const { instanceId, state, stateReason } = instance;
  const fate = await fates.of(instance);
  const why = fate?.reason || stateReason;
  const words = why ? ` (${why})` : '';
  if (fate?.isReclaimed) return never('reclaimed', `${instanceId} was taken back${words}`);
  return never('instance-gone', `${instanceId} is ${state}${words}`);
}

function never(code: string, message: string): Arrival {
  return { kind: 'never', problem: { code, message } };
}
