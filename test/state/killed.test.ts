import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PayloadStore } from '../../src/payload/store.ts';
import { verifyVersion } from '../../src/payload/verify.ts';
import type { State } from '../../src/state/state.ts';
import { compile, programEnvironment } from './compile.ts';
import { behind, ON_POSTGRES, openedState, temporaryFolder } from './support.ts';

const ROUNDS = ON_POSTGRES ? 12 : 50;
/** Processes that work on one state and are killed at a moment of their own, each round. */
const AT_ONCE = 4;
const LONGEST_LIFE_MS = ON_POSTGRES ? 300 : 60;

test('registry, ledger and disk agree after many kills', { timeout: 300_000 }, async () => {
  const folder = temporaryFolder();
  const stateDir = join(folder, 'state');
  const program = compile('churn-payloads', folder);
  const state = openedState(stateDir);
  let longestMs = LONGEST_LIFE_MS;
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => startAndKill(program, stateDir, longestMs)));
    // on a slow machine they are all killed before they have done anything
    if (state.runs.list(round + 1).length <= round) longestMs *= 1.25;
    await expectAgreement(state, stateDir);
  }
  expect(state.payloads.list().length).toBeGreaterThan(0);
  expect(state.runs.list().length).toBeGreaterThan(5);
  await expectNothingTooMuch(state, stateDir);
});

async function startAndKill(program: string, stateDir: string, longestMs: number): Promise<void> {
  const child = spawn(process.execPath, [program, stateDir], {
    env: programEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdin.end('go\n');
  await sleep(Math.random() * longestMs);
  child.kill('SIGKILL');
  expect(await exit).toEqual([null, 'SIGKILL']);
}

/** Whatever a version or an unfinished run needs is on disk and whole; of each name one version is active. */
async function expectAgreement(state: State, stateDir: string): Promise<void> {
  const records = state.payloads.list();
  for (const record of records) expect(await verifyVersion(record, stateDir)).toEqual([]);
  const names = [...new Set(records.map(({ name }) => name))];
  const active = records.filter(({ isActive }) => isActive).map(({ name }) => name);
  expect(active).toEqual(names);
  for (const run of state.runs.unfinished()) expect(existsSync(run.plan.payloadPath), run.id).toBe(true);
}

/** What the killed ones left half made goes with time. */
async function expectNothingTooMuch(state: State, stateDir: string): Promise<void> {
  await new PayloadStore(stateDir, state.payloads).sweep(Date.now() + 2 * 3_600_000);
  const inUse = state.payloads.digestsInUse();
  const files = readdirSync(join(stateDir, 'payloads')).filter((name) => !name.startsWith('.packing-'));
  expect(new Set(files.map((name) => name.slice(0, 64)))).toEqual(new Set(inUse));
  if (!ON_POSTGRES) return;
  const shared = behind(state, 'SELECT DISTINCT digest FROM archives') as { digest: string }[];
  expect(new Set(shared.map(({ digest }) => digest))).toEqual(new Set(inUse));
}
