import { claimCreation } from '../../fleet/claim-creation.ts';
import { provision } from '../../fleet/provision.ts';
import type { Cloud } from '../../inventory/cloud.ts';
import type { Creation as RecordedCreation, CreationRequest } from '../../model/creation.ts';
import { CREATION_TAG } from '../../model/creation.ts';
import type { CreationOrder, Deployment } from '../../model/deployment.ts';
import { SpotError } from '../../model/errors.ts';
import { isSelf } from '../../state/client.ts';
import type { State } from '../../state/state.ts';
import type { Clock } from '../../util/clock.ts';
import type { ServiceLog } from '../log.ts';
import type { Creation, Creator } from './deps.ts';

export interface CreatorDeps {
  readonly state: Pick<State, 'creations'>;
  readonly cloud: () => Promise<Cloud>;
  /** What an order means in full: image, key, network as the service is configured. @throws SpotError */
  readonly requestFor: (order: CreationOrder, clientToken: string) => Promise<CreationRequest>;
  /** answers a GET with the address that it came from */
  readonly addressService: string;
  readonly log: ServiceLog;
  readonly clock: Clock;
}

/**
 * The id of a deployment is its client token: whoever goes on with one that somebody else has begun finds what was asked of
 * EC2, and what came of it, under that name.
 */
export function createCreator(deps: CreatorDeps): Creator {
  const { creations } = deps.state;
  return {
    create: (deployment, signal) => create(deployment, signal, deps),
    finished: ({ id }) => {
      creations.finished(id);
      return creations.find(id)?.orders.flatMap(({ instanceIds }) => instanceIds ?? [])[0] ?? null;
    },
  };
}

async function create(
  { id, order }: Pick<Deployment, 'id' | 'order'>,
  signal: AbortSignal,
  deps: CreatorDeps,
): Promise<Creation> {
  if (order.create === null) throw new Error(`deployment ${id} creates nothing`);
  const { state, addressService, clock, log } = deps;
  const { creations } = state;
  // begun under another configuration it is gone on with as it was
  const request = creations.find(id)?.request ?? (await deps.requestFor(order.create, id));
  const cloud = await deps.cloud();
  const claim = await claimCreation(request, creations, cloud, () => id);
  // this process has one claim of a deployment at a time
  if (claim.kind === 'busy' && !isSelf(claim.client)) return { kind: 'busy' };
  const shortages: string[] = [];
  const ordered = await provision(claim.creation, {
    cloud,
    state,
    addressService,
    userData: null,
    emit: (event) => {
      if (event.type === 'short') shortages.push(...event.shortages);
      if (event.type === 'warning') log.warn(event.message, { deploymentId: id });
    },
    clock,
    signal,
  }).catch((error: unknown) => {
    throw withAdvice(error, creations.find(id));
  });
  const [instance] = ordered;
  if (instance !== undefined) return { kind: 'ordered', instance };
  creations.finished(id);
  return { kind: 'none', shortages };
}

/** Nobody shall pay for what he does not know of. */
function withAdvice(error: unknown, creation: RecordedCreation | null): unknown {
  const isOpen = creation?.orders.some(({ instanceIds }) => instanceIds === null) ?? false;
  if (!(error instanceof SpotError) || !isOpen) return error;
  const { code, exitCode, details, cause } = error;
  const message = `${error.message}; if EC2 has made it all the same, it has the tag ${CREATION_TAG}=${creation?.id}`;
  return new SpotError(code, message, { exitCode, details, cause });
}
