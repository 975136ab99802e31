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
import { openedState, temporaryFolder } from './support.ts';

const ROUNDS = 50;
/** Processes that work on one state and are killed at a moment of their own, each round. */
const AT_ONCE = 4;
const LONGEST_LIFE_MS = 60;

test('registry, ledger and disk agree after two hundred kills', { timeout: 300_000 }, async () => {
  const folder = temporaryFolder();
  const stateDir = join(folder, 'state');
  const program = compile('churn-payloads', folder);
  const state = openedState(stateDir);
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => startAndKill(program, stateDir)));
    await expectAgreement(state, stateDir);
  }
  expect(state.payloads.list().length).toBeGreaterThan(0);
  // fewer on a slow machine, where most are killed before
  expect(state.runs.list().length).toBeGreaterThan(5);
  await expectNothingTooMuch(state, stateDir);
});

async function startAndKill(program: string, stateDir: string): Promise<void> {
  const child = spawn(process.execPath, [program, stateDir], {
    env: programEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdin.end('go\n');
  await sleep(Math.random() * LONGEST_LIFE_MS);
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
}
