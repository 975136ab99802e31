import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openServiceParts } from '../../../src/cli/service-parts.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { openState, type State } from '../../../src/state/state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { ioOf } from '../io.ts';

/** What a worker writes down, table by table: between two of these it may die. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  ledger: ['runStarted', 'stepStarted', 'payloadSent', 'attemptRenewed', 'attemptFinished', 'runEnded'],
  deployments: ['advance', 'finish'],
  tasks: ['begin', 'putOff', 'end'],
  jobs: ['claim', 'done', 'putOff'],
  creations: ['claim', 'ordered', 'answered', 'finished'],
  environments: ['forget'],
};

/** Works on the queue of a project until that is empty, and dies by kill -9 just before its write number `fatal`. */
async function main([cwd = '', home = '', fatal = '']: readonly string[]): Promise<void> {
  const io = ioOf({ cwd, home }, process.env);
  const sources = { flags: new Map(), flagNames: new Map(), configFile: null, env: process.env, cwd, home };
  const config = await loadConfig(sources);
  const state = openState(config.stateDir, { clock: systemClock, user: 'tester', database: config.database });
  const writes: string[] = [];
  const deadly = countWrites(state, (name) => {
    writes.push(name);
    if (writes.length === Number(fatal)) process.kill(process.pid, 'SIGKILL');
  });
  const log = { info: () => undefined, warn: () => undefined, error: console.error };
  const parts = await openServiceParts({ config, state: deadly, io, log });
  const working = await parts.startWorking();
  const isEmpty = (): boolean => Object.values(parts.queue.counts()).every((count) => count === 0);
  // a key that is claimed at the very moment may be in no count
  for (let looks = 0; looks < 5; looks = isEmpty() ? looks + 1 : 0) await sleep(20);
  await working.stop();
  await parts.close();
  state.close();
  console.log(writes.join('\n'));
}

function countWrites(state: State, onWrite: (name: string) => void): State {
  const tables = Object.entries(WRITES).map(([table, methods]) => {
    const own = state[table as keyof State] as unknown as Record<string, (...args: unknown[]) => unknown>;
    const counted = methods.map((method) => [
      method,
      (...args: unknown[]) => {
        // a look at a queue that has nothing to do is no step of anything
        const result = method === 'claim' && table === 'jobs' ? own[method]?.(...args) : undefined;
        if (result !== undefined) {
          if ((result as readonly unknown[]).length > 0) onWrite(`${table}.${method}`);
          return result;
        }
        onWrite(`${table}.${method}`);
        return own[method]?.(...args);
      },
    ]);
    return [table, { ...own, ...(Object.fromEntries(counted) as object) }];
  });
  return { ...state, ...(Object.fromEntries(tables) as object) };
}

void main(process.argv.slice(2));
