import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Client, only, type PlanOptions } from './client.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

/** A digest program that takes its time until the file is there: all has been sent, and nothing is started yet. */
const slowDigest = (file: string): string => `#!/bin/sh
until [ -e ${file} ]; do sleep 0.05; done
exec /usr/bin/sha256sum "$@"
`;

const WAITS = 'echo begun\nuntil [ -e "$1" ]; do sleep 0.05; done\n';

async function scene(options: PlanOptions, script = WAITS) {
  const bin = tempDir();
  const [checked, go] = [join(bin, 'checked'), join(bin, 'go')];
  writeFileSync(join(bin, 'sha256sum'), slowDigest(checked), { mode: 0o755 });
  const sandbox = await sandboxOf({ env: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin` } });
  const client = new Client(sandbox.privateKeyPath);
  const plan = await client.plan(script, { 'web-1': onlyOf(sandbox) }, { args: [go], useCache: false, ...options });
  const status = (): unknown => client.instance('web-1').payloadStatus;
  const becomes = (wanted: string): Promise<unknown> => waitFor(wanted, () => status() === wanted, 10_000);
  return { client, plan, checked, go, status, becomes };
}

test('every moment of a payload on its way is on record where the plan asks for it', async () => {
  const { client, plan, checked, go, status, becomes } = await scene({ tracksPayload: true });
  expect(status()).toBe('none');
  const seen: unknown[] = [];
  const running = client.run(plan, {
    emit: (event) => {
      if (event.type === 'step-started') seen.push([event.step, status()]);
    },
  });
  await becomes('pending_execution');
  writeFileSync(checked, '');
  await becomes('executing');
  writeFileSync(go, '');
  expect(only(await running).outcome).toEqual({ kind: 'succeeded' });
  expect(status()).toBe('executed');
  expect(seen).toEqual([
    ['connect', 'pending_copy'],
    ['upload', 'pending_copy'],
    ['execute', 'executing'],
    ['collect', 'executing'],
    ['clean-up', 'executing'],
  ]);
});

test.each<[string, PlanOptions, string]>([
  ['a run that does not ask for it', {}, 'pending_copy'],
  ['a copy', { tracksPayload: true, mode: 'copy', remotePath: '~/kept' }, 'pending_copy'],
])('%s has no moment between the last byte and the start', async (_, options, before) => {
  const { client, plan, checked, go, status } = await scene(options);
  writeFileSync(go, '');
  const seen = new Set<unknown>();
  const running = client.run(plan, {
    emit: (event) => {
      // the last byte has been acknowledged long before the file is there
      if (event.type === 'progress') setTimeout(() => writeFileSync(checked, ''), 300);
    },
  });
  await waitFor('the end', () => {
    seen.add(status());
    return seen.has('executed') || seen.has('copied');
  });
  await running;
  expect(seen.has(before) && existsSync(checked)).toBe(true);
  expect(seen.has('pending_execution')).toBe(false);
});

const outcomes: [string, PlanOptions, string, string, string | null][] = [
  ['a copy', { mode: 'copy', remotePath: '~/kept' }, 'true\n', 'copied', null],
  ['a script that fails', {}, 'exit 3\n', 'execution_failed', 'the script ended with exit code 3'],
  [
    'a script that takes too long',
    { limits: { executionTimeoutMs: 1000 } },
    'sleep 311\n',
    'timed_out',
    'the script was still running after 1.0 s; give it more with --timeout',
  ],
  [
    'an upload that takes too long',
    { limits: { uploadTimeoutMs: 500 } },
    'never checked\n',
    'copy_failed',
    'the upload took longer than 500 ms; give it more with --upload-timeout',
  ],
];

test.each(outcomes)('%s leaves its status', async (_, options, script, status, error) => {
  const { client, plan, checked } = await scene(options, script);
  if (script !== 'never checked\n') writeFileSync(checked, '');
  await client.run(plan);
  expect(client.instance('web-1')).toMatchObject({ payloadStatus: status, payloadError: error });
});

test('whoever takes a run up writes the status down, too', async () => {
  const { client, plan, checked, go, status } = await scene({});
  writeFileSync(checked, '');
  const leave = new AbortController();
  const left = await client.run(plan, {
    detach: leave.signal,
    emit: ({ type }) => {
      if (type === 'output') leave.abort();
    },
  });
  expect([left.running, status()]).toEqual([['web-1'], 'executing']);
  writeFileSync(go, '');
  await client.takeUp(plan.runId);
  expect(status()).toBe('executed');
});

test('an instance that is not reached has not got it', async () => {
  const sandbox = await sandboxOf();
  const client = new Client(sandbox.privateKeyPath);
  const nobody = { user: 'nobody', address: '127.0.0.1', port: 1 };
  const plan: Plan = await client.plan('true\n', { 'web-1': nobody }, { retries: 0 });
  await client.run(plan);
  const payloadError = '127.0.0.1:1 refused the connection; is sshd running there, on that port?';
  expect(client.instance('web-1')).toMatchObject({ payloadStatus: 'copy_failed', payloadError });
});
