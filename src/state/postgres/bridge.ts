import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Answer, Request } from './protocol.ts';

/** URL of the compiled thread, seen from the compiled code. */
declare const SPOT_POSTGRES_THREAD: string;

type Ask = (request: Request) => Answer;

let ask: Ask | null = null;

/** The thread that talks to PostgreSQL, one for the process; a call returns when the thread has answered. */
export function postgresThread(): Ask {
  ask ??= startThread();
  return ask;
}

/** The package is loaded only where PostgreSQL is used: that takes longer than most commands do. */
function startThread(): Ask {
  const { createSyncFn } = createRequire(import.meta.url)('synckit') as typeof import('synckit');
  return createSyncFn<(request: Request) => Promise<Answer>>(
    fileURLToPath(new URL(SPOT_POSTGRES_THREAD, import.meta.url)),
  );
}
