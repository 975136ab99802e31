import type { Payload } from '../model/payload.ts';
import { type PackInput, packPayload } from './pack.ts';
import type { PayloadStore } from './store.ts';

/**
 * Packs into the store, after archives that nobody will finish were removed from it.
 * @param now ms since the epoch
 * @throws SpotError as `packPayload`
 */
export async function packInto(store: PayloadStore, input: Omit<PackInput, 'outDir'>, now: number): Promise<Payload> {
  await store.tidy(now);
  return packPayload({ ...input, outDir: store.folder });
}
