import type { Payload } from '../../src/model/payload.ts';
import { packPayload } from '../../src/payload/pack.ts';
import { registerPayload } from '../../src/payload/register.ts';
import { PayloadStore } from '../../src/payload/store.ts';
import type { AddedPayload } from '../../src/state/payloads.ts';
import type { State } from '../../src/state/state.ts';

export interface VersionOptions {
  readonly name: string;
  /** of the script */
  readonly text: string;
  /** as in the manifest */
  readonly environment?: readonly string[];
  readonly keep?: number;
  /** ms since the epoch; now by default */
  readonly now?: number;
}

/** Packs a script of one line and registers it, as `spot payload add` does. */
export async function addVersion(
  state: State,
  stateDir: string,
  { name, text, environment = [], keep = 5, now = Date.now() }: VersionOptions,
): Promise<AddedPayload & { readonly payload: Payload }> {
  const store = new PayloadStore(stateDir, state.payloads);
  const script = { path: 's.sh', name: 's.sh', bytes: Buffer.from(text), interpreter: ['bash'], warnings: [] };
  const payload = await packPayload({ script, tree: null, environment, name, outDir: store.folder });
  return { ...(await registerPayload(payload, { table: state.payloads, store, keep, now })), payload };
}
