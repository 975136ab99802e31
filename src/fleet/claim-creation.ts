import type { Cloud } from '../inventory/cloud.ts';
import type { Creation, CreationRequest } from '../model/creation.ts';
import { isEnded } from '../model/instance.ts';
import type { Claim, CreationTable } from '../state/creations.ts';

/**
 * Goes on with an unfinished creation, or begins a new one. One whose instances have all ended since is over: nobody
 * means those. A client token is the user's own word for one creation, whatever has become of it.
 * @param newId of a request that has no client token
 */
export async function claimCreation(
  request: CreationRequest,
  creations: Pick<CreationTable, 'claim' | 'finished'>,
  cloud: Pick<Cloud, 'fates'>,
  newId: () => string,
): Promise<Claim> {
  if (request.clientToken !== null) return creations.claim(request.clientToken, request);
  for (;;) {
    const claim = creations.claim(newId(), request);
    if (claim.kind !== 'resumed' || !(await isOver(claim.creation, cloud))) return claim;
    creations.finished(claim.creation.id);
  }
}

async function isOver({ orders }: Creation, cloud: Pick<Cloud, 'fates'>): Promise<boolean> {
  if (orders.some(({ instanceIds }) => instanceIds === null)) return false;
  const made = orders.filter(({ instanceIds }) => instanceIds !== null && instanceIds.length > 0);
  const fates = await Promise.all(made.map(({ place, instanceIds }) => cloud.fates(place.region, instanceIds ?? [])));
  return made.length > 0 && fates.flat().every(isEnded);
}

/** `20261121-034512-9f3a51c2`: sorts by time, and is no other's in the same account. */
export function makeCreationId(now: number, random: () => number): string {
  const time = new Date(now).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const suffix = Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
  return `${time}-${suffix}`;
}
