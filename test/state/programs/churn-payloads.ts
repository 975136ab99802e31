/** Adds, runs, activates, prunes and removes payloads until it is killed: `churn-payloads <state folder>`. */
import process from 'node:process';
import { SpotError } from '../../../src/model/errors.ts';
import { PayloadStore } from '../../../src/payload/store.ts';
import { openState, type State } from '../../../src/state/state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { addVersion } from '../payloads.ts';
import { anInstance, aPlan, aResult } from '../records.ts';
import { whenTold } from './when-told.ts';

const [stateDir = ''] = process.argv.slice(2);
const database = process.env['TEST_STATE_DATABASE'] ?? null;

/** Old enough for the sweep to take everything that nobody needs. */
const LATER_MS = 2 * 3_600_000;

const random = (count: number): number => Math.floor(Math.random() * count);

/** An archive that no version needs yet counts as old here, and may go before a database has got it. */
function unlessSwept(error: unknown): null {
  const { code, path } = error as NodeJS.ErrnoException;
  if (database !== null && code === 'ENOENT' && path?.endsWith('.tar.gz') === true) return null;
  throw error;
}

async function addAndRun(state: State): Promise<void> {
  const name = `name-${random(2)}`;
  const added = await addVersion(state, stateDir, { name, text: `echo ${random(6)}\n`, keep: 3 }).catch(unlessSwept);
  if (added === null) return;
  const { payload } = added;
  const plan = aPlan(`${process.pid}-${Math.random()}`, [anInstance('i-1')]);
  // real runs do without the lock, as the sweep spares what is young; here nothing counts as young
  const isBegun = state.payloads.whileLocked(() => {
    if (state.payloads.find(name, null)?.checksum !== payload.digest) return false;
    state.ledger.runStarted({ ...plan, payload });
    return true;
  });
  if (!isBegun) return;
  state.ledger.attemptFinished(plan.runId, aResult('i-1', { kind: 'succeeded' }));
  state.ledger.runEnded(plan.runId, new Date().toISOString());
}

function tidy(state: State, store: PayloadStore): Promise<void> | void {
  const all = state.payloads.list();
  const one = all[random(all.length)];
  if (one === undefined) return;
  if (random(2) === 0) state.payloads.activate(one.name, one.version);
  const removed = random(2) === 0 ? state.payloads.prune(2, null) : state.payloads.remove(one.name, one.version);
  if (random(2) === 0) store.discard(removed.map(({ checksum }) => checksum));
}

whenTold(async () => {
  const state = openState(stateDir, { clock: systemClock, database });
  const store = new PayloadStore(stateDir, state.payloads);
  for (;;) {
    try {
      await (random(2) === 0 ? addAndRun(state) : tidy(state, store));
    } catch (error) {
      // a version that is active, or that a run of another process needs
      if (!(error instanceof SpotError)) throw error;
    }
    if (random(20) === 0) await store.sweep(Date.now() + LATER_MS);
  }
});
