import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { type Fault, type FaultKind, type FaultPlan, faultsInTurn, startProxy } from '../helpers/proxy.ts';
import { Client, only } from './client.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

/** Bytes that differ wherever one looks, so that no gap and no repeat goes unseen. */
const SCRIPT = 'seq 1 400000\nseq 400000 500000 >&2\nsleep 0.2\nseq 400001 500000\n';
const STDOUT = numbers(1, 500_000);
const STDERR = numbers(400_000, 500_000);
/** Somewhere in the middle of what the script prints. */
const MIDDLE = 1_000_000;

function takenUp(why: string): string {
  return `the connection broke (${why}) and was taken up again`;
}

/** Where the last bytes meet a reset, the system may tell of an end instead. */
const RESET: unknown = expect.toBeOneOf([
  takenUp('connection reset by peer'),
  takenUp('the host closed the connection'),
]);

function numbers(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join('');
}

async function runThrough(faults: FaultPlan): Promise<AttemptResult> {
  const sandbox = await sandboxOf();
  const { user, ...host } = onlyOf(sandbox);
  const { address, port } = await startProxy(host, faults);
  const client = new Client(sandbox.privateKeyPath);
  const plan = await client.plan(SCRIPT, { 'web-1': { user, address, port } }, { limits: { connectTimeoutMs: 1500 } });
  return only(await client.run(plan));
}

function expectWhole({ outcome, stdout, stderr }: AttemptResult): void {
  expect(outcome).toEqual({ kind: 'succeeded' });
  // not toBe: the difference of two such texts takes minutes to print
  expect(readFileSync(stdout.path as string, 'utf8') === STDOUT, 'stdout is what the script printed').toBe(true);
  expect(readFileSync(stderr.path as string, 'utf8') === STDERR, 'stderr is what the script printed').toBe(true);
}

test.each([
  ['fin', takenUp('the host closed the connection')],
  ['reset', RESET],
  ['stall', takenUp('the host has not answered for 450 ms')],
] as const satisfies readonly [FaultKind, unknown][])(
  'a link that breaks by a %s in the middle of the output goes on at the same byte, and the evidence says why',
  async (kind, evidence) => {
    const result = await runThrough(faultsInTurn({ kind, direction: 'down', atByte: MIDDLE }));
    expectWhole(result);
    expect(result.evidence).toEqual([evidence]);
  },
);

test('a link that breaks three times in a row goes on each time', async () => {
  const fault: Fault = { kind: 'reset', direction: 'down', atByte: MIDDLE };
  const result = await runThrough(faultsInTurn(fault, fault, fault));
  expectWhole(result);
  expect(result.evidence).toEqual([RESET, RESET, RESET]);
});

test('a link that falls silent while it is taken up again is tried once more, and once more', async () => {
  const result = await runThrough(
    faultsInTurn(
      { kind: 'reset', direction: 'down', atByte: MIDDLE },
      { kind: 'stall', direction: 'down', atByte: 0 },
      { kind: 'stall', direction: 'down', atByte: 800 },
    ),
  );
  expectWhole(result);
  expect(result.evidence).toEqual([RESET]);
});

test('a link that holds still for a moment is not a broken one', async () => {
  const result = await runThrough(faultsInTurn({ kind: 'pause', direction: 'down', atByte: MIDDLE, pauseMs: 200 }));
  expectWhole(result);
  expect(result.evidence).toEqual([]);
});
