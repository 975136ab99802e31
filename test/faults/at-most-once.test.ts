import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import type { Subscriber } from '../../src/model/event.ts';
import { leakCheck } from '../helpers/leaks.ts';
import {
  type Direction,
  type Fault,
  type FaultKind,
  type FaultPlan,
  faultsInTurn,
  NO_FAULT,
  type Proxy,
  startProxy,
} from '../helpers/proxy.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { Client, only } from './client.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

/** Counts its runs in a file of the folder $1, and prints more than one packet in two parts. */
const SCRIPT = `echo ran >>"$1/$SPOT_INSTANCE_ID"
seq 2000
seq 2000 2500 >&2
sleep 0.3
seq 2500 4000
exit 3
`;
const STDOUT = numbers(1, 2000) + numbers(2500, 4000);
const STDERR = numbers(2000, 2500);

function numbers(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join('');
}

const POSITIONS = 25;

type Saboteur = (proxies: ReadonlyMap<string, Proxy>) => Subscriber;

/**
 * Runs the script once through each link, all side by side.
 * @param sabotage looks at what happens, and may break a link
 * @returns what is wrong, one sentence each
 */
async function violations(
  links: Readonly<Record<string, FaultPlan>>,
  sabotage: Saboteur = () => () => undefined,
): Promise<string[]> {
  const sandbox = await sandboxOf();
  const { user, ...host } = onlyOf(sandbox);
  const client = new Client(sandbox.privateKeyPath);
  const counters = tempDir();
  const proxies = new Map<string, Proxy>();
  for (const [name, faults] of Object.entries(links)) proxies.set(name, await startProxy(host, faults));
  const hosts = [...proxies].map(([name, { address, port }]) => [name, { user, address, port }] as const);
  const plan = await client.plan(SCRIPT, Object.fromEntries(hosts), { args: [counters] });
  const { attempts } = await client.run(plan, { emit: sabotage(proxies) });
  // a fault that breaks nothing would show nothing
  expect([...proxies.values()].filter((proxy) => proxy.links.length < 2)).toEqual([]);
  const recorded = client.attempts(plan.runId).map(({ instanceId, outcome }) => ({ instanceId, outcome }));
  expect(recorded).toEqual(attempts.map(({ instanceId, outcome }) => ({ instanceId, outcome: outcome.kind })));
  expect(attempts.map(({ instanceId }) => instanceId)).toEqual(Object.keys(links));
  return [...attempts.flatMap((attempt) => wrongWith(attempt, counters)), ...controlFolders()];
}

function wrongWith(attempt: AttemptResult, counters: string): string[] {
  const { instanceId, outcome, stdout, stderr } = attempt;
  const counter = join(counters, instanceId);
  const count = existsSync(counter) ? readFileSync(counter, 'utf8').split('\n').length - 1 : 0;
  const wrong: string[] = [];
  if (count !== 1) wrong.push(`${instanceId}: the script ran ${count} times`);
  if (outcome.kind !== 'failed') wrong.push(`${instanceId}: ${JSON.stringify(outcome)}`);
  if (outcome.kind === 'failed' && outcome.exitCode !== 3) wrong.push(`${instanceId}: exit ${outcome.exitCode}`);
  if (contentOf(stdout.path) !== STDOUT) wrong.push(`${instanceId}: stdout has ${stdout.bytes} bytes, not those`);
  if (contentOf(stderr.path) !== STDERR) wrong.push(`${instanceId}: stderr has ${stderr.bytes} bytes, not those`);
  const unsure = attempt.evidence.filter((fact) => fact.startsWith('not confirmed'));
  return [...wrong, ...unsure.map((fact) => `${instanceId}: ${fact}`)];
}

function contentOf(path: string | null): string {
  return path === null ? '' : readFileSync(path, 'utf8');
}

function controlFolders(): string[] {
  return readdirSync('/tmp').filter((name) => name.startsWith('.spot_') && name.includes(`_${process.pid}`));
}

function nameOf({ atByte }: Fault): string {
  return `cut-at-${atByte}`;
}

/** One fault for each of many places, from the first bytes of the conversation to the last ones. */
async function faultsAllOver(kind: FaultKind, direction: Direction): Promise<Fault[]> {
  const length = await lengthOf(direction);
  return Array.from({ length: POSITIONS }, (_, index) => {
    // short of the very end: how often a client asks for news depends on the time
    return { kind, direction, atByte: Math.floor((0.96 * length * (index + 0.5)) / POSITIONS) };
  });
}

/** How much passes in each direction where nothing breaks, bytes. */
async function lengthOf(direction: Direction): Promise<number> {
  const sandbox = await sandboxOf();
  const { user, ...host } = onlyOf(sandbox);
  const proxy = await startProxy(host, NO_FAULT);
  const client = new Client(sandbox.privateKeyPath);
  const whole = { whole: { user, address: proxy.address, port: proxy.port } };
  expect(only(await client.run(await client.plan(SCRIPT, whole, { args: [tempDir()] }))).outcome.kind).toBe('failed');
  return proxy.links[0]?.passed[direction] ?? 0;
}

describe('a script runs once, its output is whole and its control folder is gone', () => {
  test.each([
    ['fin', 'up'],
    ['fin', 'down'],
    ['reset', 'up'],
    ['reset', 'down'],
  ] as const)('wherever a %s breaks the link on its way %s', async (kind, direction) => {
    const links = (await faultsAllOver(kind, direction)).map((fault) => [nameOf(fault), faultsInTurn(fault)] as const);
    expect(await violations(Object.fromEntries(links))).toEqual([]);
  });

  test.each(['up', 'down'] as const)(
    'wherever two connections in a row are reset on their way %s',
    async (direction) => {
      const faults = await faultsAllOver('reset', direction);
      const links = faults.map((fault) => [nameOf(fault), faultsInTurn(fault, fault)] as const);
      expect(await violations(Object.fromEntries(links))).toEqual([]);
    },
  );

  test.each(['fin', 'reset'] as const)('when a %s breaks the link at the beginning of a step', async (kind) => {
    const steps = ['upload', 'execute', 'collect', 'clean-up'] as const;
    const breaks = new Map(steps.map((step) => [`cut-at-${step}`, step]));
    const links = Object.fromEntries([...breaks.keys()].map((name) => [name, NO_FAULT]));
    const wrong = await violations(links, (proxies) => (event) => {
      if (event.type !== 'step-started' || breaks.get(event.instanceId) !== event.step) return;
      breaks.delete(event.instanceId);
      proxies.get(event.instanceId)?.break(kind);
    });
    expect(wrong).toEqual([]);
    expect(breaks.size).toBe(0);
  });
});
