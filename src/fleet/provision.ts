import type { Cloud } from '../inventory/cloud.ts';
import type { Creation } from '../model/creation.ts';
import type { State } from '../state/state.ts';
import type { Clock } from '../util/clock.ts';
import type { CreateSubscriber } from './create-event.ts';
import { launchSettings } from './launch-settings.ts';
import { type Ordered, orderInstances } from './order-instances.ts';
import { ownNetwork } from './own-address.ts';

/** A service on the internet that answers with one line, ms. */
const ADDRESS_TIMEOUT_MS = 10_000;

export interface ProvisionDeps {
  readonly cloud: Cloud;
  readonly state: Pick<State, 'creations'>;
  /** answers a GET with the address that it came from */
  readonly addressService: string;
  /** what the digest of the request is about */
  readonly userData: Buffer | null;
  readonly emit: CreateSubscriber;
  readonly clock: Clock;
  /** aborted: nothing more is asked for */
  readonly signal: AbortSignal;
}

/**
 * Looks up or makes what the instances of a creation need, and asks for them; a creation that was begun before is gone on
 * with, and nothing of it is made twice.
 * @returns all instances of the creation, which may be fewer than were wanted
 * @throws SpotError of the cloud; the signal's reason
 */
export function provision(creation: Creation, deps: ProvisionDeps): Promise<Ordered[]> {
  const { cloud, state, addressService, userData, emit, clock, signal } = deps;
  const network = (): Promise<string> => ownNetwork(addressService, ADDRESS_TIMEOUT_MS, signal);
  const settings = launchSettings(creation, { cloud, ownNetwork: network, emit });
  return orderInstances(creation, { cloud, settings, userData, record: state.creations, emit, clock, signal });
}
