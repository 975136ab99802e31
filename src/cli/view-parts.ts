import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { PayloadStore } from '../payload/store.ts';
import type { ViewApi } from '../service/view/api.ts';
import { createView } from '../service/view/view.ts';
import type { State } from '../state/state.ts';
import type { Io } from './io.ts';
import { logsRootOf } from './retention.ts';

/** The page as it was built; this file is in a folder beside it then. */
export const UI_FOLDER = fileURLToPath(new URL('../ui', import.meta.url));

/** What the page shows. */
export function viewOf(config: Config, state: State, { clock }: Io): ViewApi {
  const store = new PayloadStore(config.stateDir, state.payloads);
  return createView({ state, store, logsDir: logsRootOf(config), clock });
}

/** Whose state the page shows: `laptop:/srv/spot/.spot`. */
export function placeOf({ stateDir }: Config): string {
  return `${hostname()}:${stateDir}`;
}
