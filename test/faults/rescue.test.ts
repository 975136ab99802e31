import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import type { Plan } from '../../src/model/plan.ts';
import { remotePaths } from '../../src/remote/job.ts';
import { CancelledError } from '../../src/run/explain.ts';
import { imdsServer } from '../helpers/imds.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { sendSignal } from '../helpers/processes.ts';
import { startProxy } from '../helpers/proxy.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Client, only, type PlanOptions, type Surroundings, Witness } from './client.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

async function scene(script: string, options: PlanOptions = {}) {
  const sandbox = await sandboxOf();
  const { user, ...host } = onlyOf(sandbox);
  const proxy = await startProxy(host);
  const client = new Client(sandbox.privateKeyPath);
  const { address, port } = proxy;
  const plan = await client.plan(script, { 'web-1': { user, address, port } }, options);
  const run = async (surroundings: Surroundings = {}): Promise<AttemptResult> =>
    only(await client.run(plan, surroundings));
  return { client, proxy, plan, run };
}

function controlOf({ targets: [target] }: Plan): string {
  return remotePaths(target?.stamp ?? '').control;
}

function contentOf(result: AttemptResult, path: string): string {
  return readFileSync(join(result.rescue?.path ?? '', path), 'utf8');
}

test('what a script leaves in its rescue folder comes home when it has ended, whatever the names are', async () => {
  const script = `cd "$SPOT_RESCUE_DIR"
mkdir -p 'a b/.hidden' empty
printf half >'a b/.hidden/part'
printf x >"$(printf 'a\\nb')"
ln -s 'a b' last
exit 3
`;
  const { run, plan } = await scene(script);
  const result = await run();
  expect(result.outcome).toEqual({ kind: 'failed', exitCode: 3 });
  expect([contentOf(result, 'a b/.hidden/part'), contentOf(result, 'a\nb')]).toEqual(['half', 'x']);
  expect(readdirSync(result.rescue?.path ?? '').sort()).toEqual(['a\nb', 'a b', 'empty', 'last']);
  expect(result.evidence).toEqual([]);
  expect(existsSync(controlOf(plan))).toBe(false);
});

test('nothing is made here where the folder is empty', async () => {
  const { client, run, plan } = await scene('mkdir "$SPOT_RESCUE_DIR/empty"; echo said\n');
  expect((await run()).rescue).toBe(null);
  expect(readdirSync(join(client.folder, 'logs', plan.runId)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('what cannot be rescued stays on the instance, and the rest comes home', async () => {
  const { run, plan } = await scene('cd "$SPOT_RESCUE_DIR"; echo all >good; mkfifo pipe; ln -s /etc/passwd out\n');
  const result = await run();
  expect(contentOf(result, 'good')).toBe('all\n');
  expect(readdirSync(result.rescue?.path ?? '')).toEqual(['good']);
  const [why, where] = result.evidence;
  expect(why).toContain('not all of the rescue folder was brought home: ');
  expect(why).toContain('pipe is a named pipe; only files, folders and links are fetched');
  expect(why).toContain('out is a link that may lead outside: /etc/passwd');
  expect(where).toBe(`it is still on the instance: ${controlOf(plan)}`);
  expect(readdirSync(join(controlOf(plan), 'rescue')).sort()).toEqual(['good', 'out', 'pipe']);
  rmSync(controlOf(plan), { recursive: true });
});

test('a cancelled script may clean up into it', async () => {
  const cancel = new AbortController();
  const { run } = await scene(`trap 'echo saved >"$SPOT_RESCUE_DIR/state"; exit' TERM; echo ready; sleep 60 & wait\n`);
  const result = await run({
    signal: cancel.signal,
    emit: (event) => {
      if (event.type === 'output') cancel.abort(new CancelledError('Ctrl-C'));
    },
  });
  expect(result.outcome.kind).toBe('cancelled');
  expect(contentOf(result, 'state')).toBe('saved\n');
});

test('a link that breaks while it comes home is taken up again', async () => {
  const bytes = 20_000_000;
  const { run, proxy, client, plan } = await scene(`head -c ${bytes} /dev/zero >"$SPOT_RESCUE_DIR/large"\n`);
  const folder = join(client.folder, 'logs', plan.runId);
  const result = run();
  await waitFor(
    'the first bytes',
    () => existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('.fetching-')),
  );
  proxy.break('reset');
  expect((await result).outcome).toEqual({ kind: 'succeeded' });
  expect((await result).rescue).toEqual({ path: join(folder, 'web-1.rescue'), bytes });
  expect((await result).evidence).toHaveLength(1);
});

/** Nobody comes back for it. */
async function endThere(plan: Plan): Promise<void> {
  const control = controlOf(plan);
  sendSignal(Number(readFileSync(join(control, 'session'), 'utf8')), 'SIGKILL');
  await waitFor('the result', () => existsSync(join(control, 'result')));
  rmSync(control, { recursive: true });
}

/** Twenty times as fast as the system's, from now on: pauses before the notice are as long as ever. */
function fastClock() {
  const begin = Date.now();
  return { now: () => begin + (Date.now() - begin) * 20 };
}

test('without anybody to ask, the notice is the evidence, once its time has come', { timeout: 60_000 }, async () => {
  const imds = await imdsServer();
  const clock = fastClock();
  const at = imds.notice('terminate', new Date(Date.now() + 130_000));
  const { run, proxy, client, plan } = await scene('echo half >"$SPOT_RESCUE_DIR/part"; echo ready; exec sleep 60\n', {
    interruption: { signal: 'none', watch: 'always', metadataEndpoint: imds.url },
    limits: { executionTimeoutMs: 3_600_000, connectTimeoutMs: 1000 },
  });
  const witness: Witness = new Witness((event) => {
    if (event.type === 'notice') proxy.close();
  });
  const result = await run({ clock, emit: witness.emit });
  expect(witness.events.find(({ type }) => type === 'interruption')).toMatchObject({
    notice: { action: 'terminate', at },
  });
  expect(result.outcome).toEqual({
    kind: 'reclaimed',
    error: { code: 'reclaimed', message: 'the instance was taken back' },
  });
  expect(result.evidence.slice(2)).toEqual([`interruption notice: terminate at ${at}`]);
  expect(contentOf(result, 'part')).toBe('half\n');
  expect(client.instance('web-1')).toMatchObject({ state: 'terminated' });
  await endThere(plan);
});
