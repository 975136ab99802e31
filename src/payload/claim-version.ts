import { inputError } from '../model/errors.ts';
import type { PayloadRecord, PayloadTable } from '../state/payloads.ts';
import { formatReference } from './payload-name.ts';
import type { PayloadStore } from './store.ts';

/**
 * Just before a version is run: first touched, then looked for again, so that from here on nobody sweeps it away before
 * the run is on record.
 * @param now ms since the epoch
 * @throws SpotError (exit 66) `payload-removed`
 */
export async function claimVersion(
  record: PayloadRecord,
  { table, store, now }: { readonly table: PayloadTable; readonly store: PayloadStore; readonly now: number },
): Promise<void> {
  await store.touch(record.checksum, now);
  if (table.find(record.name, record.version)?.checksum === record.checksum) return;
  throw inputError('payload-removed', `another spot has just removed ${formatReference(record)}`);
}
