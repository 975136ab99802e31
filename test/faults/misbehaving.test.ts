import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import type { RunEvent } from '../../src/model/event.ts';
import type { Target } from '../../src/model/plan.ts';
import type { Clock } from '../../src/util/clock.ts';
import { remotePaths } from '../../src/remote/job.ts';
import type { SandboxInstance } from '../../src/transport/ssh/sandbox/sandbox.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { type Fault, type FaultPlan, NO_FAULT, type Proxy, startProxy } from '../helpers/proxy.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Client, type Reachable } from './client.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

const GOOD = Array.from({ length: 10 }, (_, index) => `good-${index + 1}`);
const FLOOD_BYTES = 20_000_000;
/** Long enough to be cut in the middle of its upload. */
const PADDING = `# ${Array.from({ length: 20_000 }, () => Math.random().toString(36)).join(' ')}\n`;
const SCRIPT = `echo ran >>"$1/$SPOT_INSTANCE_ID"
[ "$SPOT_INSTANCE_ID" != prints-a-flood ] || head -c ${FLOOD_BYTES} /dev/zero
[ "$SPOT_INSTANCE_ID" != vanishes-in-execution ] || sleep 2
${PADDING}`;
const LIMITS = {
  connectTimeoutMs: 1500,
  uploadTimeoutMs: 4000,
  executionTimeoutMs: 10_000,
  killGraceMs: 1000,
  concurrency: 30,
};

const SILENT: Fault = { kind: 'stall', direction: 'down', atByte: 0 };

/** How each of them behaves, connection by connection. */
const BAD: Readonly<Record<string, FaultPlan>> = {
  refuses: NO_FAULT,
  'stays-silent': () => SILENT,
  'stops-in-mid-handshake': () => ({ kind: 'stall', direction: 'down', atByte: 800 }),
  'closes-after-banner': () => ({ kind: 'fin', direction: 'down', atByte: 25 }),
  'vanishes-in-upload': (connection) =>
    connection === 1 ? { kind: 'stall', direction: 'up', atByte: 60_000 } : SILENT,
  'vanishes-in-execution': (connection) => (connection === 1 ? null : SILENT),
  'prints-a-flood': NO_FAULT,
};

/** Half a minute of patience with a lost instance passes in a few seconds. */
const FAST_CLOCK: Clock = { now: () => Date.now() * 20 };

test('a host that misbehaves gets the outcome it deserves and holds up no other', { timeout: 60_000 }, async () => {
  const sandbox = await sandboxOf({ count: GOOD.length });
  const { user } = onlyOf(sandbox);
  const good: Record<string, Reachable> = {};
  GOOD.forEach((name, index) => (good[name] = sandbox.instances[index] as SandboxInstance));
  const client = new Client(sandbox.privateKeyPath);
  const aloneMs = await timeOfGood(client, good);

  const proxies = new Map<string, Proxy>();
  for (const [name, faults] of Object.entries(BAD)) proxies.set(name, await startProxy(onlyOf(sandbox), faults));
  proxies.get('refuses')?.refuse();
  const bad = [...proxies].map(([name, { address, port }]) => [name, { user, address, port }] as const);
  const counters = tempDir();
  const plan = await client.plan(
    SCRIPT,
    { ...good, ...Object.fromEntries(bad) },
    { args: [counters], limits: LIMITS, retries: 0, transfer: 'sftp' },
  );
  const finished = new Map<string, number>();
  const startedAt = Date.now();
  const { attempts } = await client.run(plan, {
    clock: FAST_CLOCK,
    emit: (event) => {
      if (event.type === 'attempt-finished') finished.set(event.result.instanceId, Date.now() - startedAt);
      if (beginsExecution(event, 'vanishes-in-execution')) proxies.get(event.instanceId)?.break('stall');
    },
  });

  const outcomes = Object.fromEntries(attempts.map((attempt) => [attempt.instanceId, told(attempt)]));
  expect(outcomes).toEqual({ ...Object.fromEntries(GOOD.map((name) => [name, 'succeeded'])), ...deserved(proxies) });
  const ran = Object.keys(outcomes).filter((name) => existsSync(join(counters, name)));
  expect(ran).toEqual([...GOOD, 'vanishes-in-execution', 'prints-a-flood']);
  for (const name of ran) expect(readFileSync(join(counters, name), 'utf8')).toBe('ran\n');
  expect(attempts.find(({ instanceId }) => instanceId === 'prints-a-flood')?.stdout.bytes).toBe(FLOOD_BYTES);
  expect(Math.max(...GOOD.map((name) => finished.get(name) ?? Infinity))).toBeLessThan(aloneMs * 3 + 2000);
  expect(Date.now() - startedAt).toBeLessThan(25_000);

  const controlOf = (name: string): string => {
    const { stamp } = plan.targets.find(({ instance }) => instance.instanceId === name) as Target;
    return remotePaths(stamp).control;
  };
  // as soon as the host notices that the client is gone
  proxies.get('vanishes-in-upload')?.close();
  await waitFor('the half upload to be removed', () => !existsSync(controlOf('vanishes-in-upload')));
  // nobody came back to collect it
  rmSync(controlOf('vanishes-in-execution'), { recursive: true });
});

test('a login shell that floods its output is given up in time, with nothing started', async () => {
  const shell = join(tempDir(), 'flood');
  writeFileSync(shell, '#!/bin/sh\nexec yes flood\n', { mode: 0o755 });
  const sandbox = await sandboxOf({ shell });
  const client = new Client(sandbox.privateKeyPath);
  const plan = await client.plan('true\n', { flood: onlyOf(sandbox) }, { limits: { uploadTimeoutMs: 1500 } });
  const { attempts } = await client.run(plan);
  expect(attempts.map(told)).toEqual([
    'timed-out: the upload took longer than 1.5 s; give it more with --upload-timeout | nothing was started',
  ]);
});

/** What is said of each of those that misbehave. */
function deserved(proxies: ReadonlyMap<string, Proxy>): Record<string, string> {
  const at = (name: string): string => `unreachable: 127.0.0.1:${proxies.get(name)?.port}`;
  const unfinished =
    'answered but did not finish the login within 1.5 s; give it more with --connect-timeout, or look at the host';
  return {
    refuses: `${at('refuses')} refused the connection; is sshd running there, on that port?`,
    'stays-silent': `${at('stays-silent')} ${unfinished}`,
    'stops-in-mid-handshake': `${at('stops-in-mid-handshake')} ${unfinished}`,
    'closes-after-banner': `${at('closes-after-banner')} closed the connection before the login; it may be overloaded (MaxStartups)`,
    'vanishes-in-upload':
      'unreachable: the connection broke in upload (the host has not answered for 450 ms) | nothing was started',
    'vanishes-in-execution':
      'lost: the connection broke in execute (the host has not answered for 450 ms); nobody knows whether the script runs on',
    'prints-a-flood': 'succeeded',
  };
}

async function timeOfGood(client: Client, good: Readonly<Record<string, Reachable>>): Promise<number> {
  const plan = await client.plan(SCRIPT, good, { args: [tempDir()], limits: LIMITS, transfer: 'sftp' });
  const startedAt = Date.now();
  const { attempts } = await client.run(plan);
  expect(attempts.map(told)).toEqual(GOOD.map(() => 'succeeded'));
  return Date.now() - startedAt;
}

function beginsExecution(event: RunEvent, name: string): event is RunEvent & { type: 'step-started' } {
  return event.type === 'step-started' && event.instanceId === name && event.step === 'execute';
}

/** Outcome, sentence and evidence in one line. */
function told({ outcome, evidence }: AttemptResult): string {
  const sentence = 'error' in outcome ? `${outcome.kind}: ${outcome.error.message}` : outcome.kind;
  return [sentence, ...evidence].join(' | ');
}
