import { inputError } from '../model/errors.ts';
import type { Payload } from '../model/payload.ts';
import type { AddedPayload, PayloadTable } from '../state/payloads.ts';
import type { PayloadStore } from './store.ts';

export interface RegisterOptions {
  readonly table: PayloadTable;
  readonly store: PayloadStore;
  /** versions of the name that are kept, the active one counted, 1 or more */
  readonly keep: number;
  /** ms since the epoch */
  readonly now: number;
}

/**
 * Makes a packed payload the active version of its name; it gets a new number only where no version has its content.
 * @throws SpotError (exit 66) `payload-removed` where another process has removed it in this very moment
 */
export async function registerPayload(
  { digest, sizeBytes, manifest }: Payload,
  { table, store, keep, now }: RegisterOptions,
): Promise<AddedPayload> {
  await store.writeChecksum(digest);
  await store.share(digest, sizeBytes, now);
  const { name } = manifest.metadata;
  const candidate = { name, ...store.namesOf(digest), payloadSize: sizeBytes, checksum: digest };
  const added = table.add(candidate, keep, () => store.isRegistrable(digest, sizeBytes));
  if (added === null) {
    throw inputError('payload-removed', `another spot has just removed ${name} with this content; try again`);
  }
  await store.sweep(now);
  return added;
}
