import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { CancelledError } from '../../src/run/explain.ts';
import { stop } from '../../src/cli/commands/stop.ts';
import type { Io } from '../../src/cli/io.ts';
import { remotePaths } from '../../src/remote/job.ts';
import { LEAK_MARK, leakMark } from '../helpers/leak-mark.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { processesMarked } from '../helpers/processes.ts';
import { type Proxy, startProxy } from '../helpers/proxy.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Project } from '../e2e/project.ts';
import { Client, only, Witness } from './client.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

/** Goes on when the file $1 appears. */
const WAITS = 'echo begun\necho begun too >&2\nuntil [ -e "$1" ]; do sleep 0.05; done\nseq 10000\nexit 4\n';
const STDOUT = `begun\n${Array.from({ length: 10_000 }, (_, index) => `${index + 1}\n`).join('')}`;

function begins(step: string): (event: RunEvent) => boolean {
  return (event) => event.type === 'step-started' && event.step === step;
}

describe('a run that is cancelled', () => {
  test.each([
    ['in connect', begins('connect'), 'nothing was started'],
    ['in upload', begins('upload'), 'nothing was started'],
    ['while the script runs', (event: RunEvent) => event.type === 'output', /^killed \d+ process(es)?$/],
  ] as const)('%s says what became of the script', async (_when, isMoment, evidence) => {
    const sandbox = await sandboxOf();
    const client = new Client(sandbox.privateKeyPath);
    const stop = new AbortController();
    const plan = await client.plan('echo begun\nsleep 307\n', { 'web-1': onlyOf(sandbox) });
    const result = only(
      await client.run(plan, {
        signal: stop.signal,
        emit: (event) => {
          if (isMoment(event)) stop.abort(new CancelledError('Ctrl-C'));
        },
      }),
    );
    expect(result.outcome).toEqual({
      kind: 'cancelled',
      error: { code: 'cancelled', message: 'cancelled by Ctrl-C' },
    });
    expect(result.evidence).toEqual([typeof evidence === 'string' ? evidence : expect.stringMatching(evidence)]);
    expect(sleepers()).toEqual([]);
  });
});

function sleepers(): string[] {
  return processesMarked(LEAK_MARK, leakMark())
    .map(({ command }) => command)
    .filter((command) => command === 'sleep 307');
}

test('a run that is left and taken up later, from the state file alone, loses nothing', async () => {
  const sandbox = await sandboxOf();
  const client = new Client(sandbox.privateKeyPath);
  const go = join(tempDir(), 'go');
  const plan = await client.plan(WAITS, { 'web-1': onlyOf(sandbox) }, { args: [go] });
  const leave = new AbortController();
  const witness: Witness = new Witness((event) => {
    if (event.type === 'output' && witness.output.includes('begun too')) leave.abort();
  });
  const left = await client.run(plan, { detach: leave.signal, emit: witness.emit });
  expect(left.running).toEqual(['web-1']);
  writeFileSync(go, '');
  const result = only(await client.takeUp(plan.runId));
  expect(result.outcome).toEqual({ kind: 'failed', exitCode: 4 });
  expect(readFileSync(result.stdout.path as string, 'utf8') === STDOUT, 'stdout is whole').toBe(true);
  expect(readFileSync(result.stderr.path as string, 'utf8')).toBe('begun too\n');
  expect(client.attempts(plan.runId)).toMatchObject([{ outcome: 'failed', exitCode: 4 }]);
});

test('a client that is killed by SIGKILL in mid-run leaves a run that attach completes', async () => {
  const sandbox = await sandboxOf();
  const { user, address, port } = onlyOf(sandbox);
  const go = join(tempDir(), 'go');
  const project = new Project();
  project.write('config.yaml', `aws:\n  private_ssh_key_path: ${sandbox.privateKeyPath}\n`);
  project.write('waits.sh', WAITS);
  project.add('web-1', `${user}@${address}:${port}`);
  const running = project.start(['upload-script', 'waits.sh', '--cleanup', '--', go]);
  await running.saw('web-1 | begun', 20_000);
  running.kill('SIGKILL');
  expect((await running.result).signal).toBe('SIGKILL');
  writeFileSync(go, '');
  const { exitCode, stderr } = await project.run(['attach']);
  expect(stderr).toContain('web-1');
  expect(exitCode).toBe(2);
  const [run] = project.rows('SELECT id FROM runs');
  const log = join(project.cwd, '.spot/logs', String(run?.['id']), 'web-1');
  expect(readFileSync(`${log}.out`, 'utf8') === STDOUT, 'stdout is whole').toBe(true);
  expect(readFileSync(`${log}.err`, 'utf8')).toBe('begun too\n');
  expect(project.rows('SELECT outcome, exit_code FROM attempts')).toEqual([{ outcome: 'failed', exit_code: 4 }]);
});

test.each([
  [
    'upload',
    { kind: 'rejected', error: { code: 'not-started', message: 'the script was not started and will not be' } },
  ],
  ['execute', { kind: 'lost', step: 'connect', error: { code: 'control-missing' } }],
] as const)(
  'where the control folder is gone, %s being the last step tells whether the script was started',
  async (step, outcome) => {
    const sandbox = await sandboxOf();
    const client = new Client(sandbox.privateKeyPath);
    const plan = await client.plan('true\n', { 'web-1': onlyOf(sandbox) });
    client.ledger((ledger) => {
      ledger.runStarted(plan);
      ledger.stepStarted(plan.runId, 'web-1', step);
    });
    expect(only(await client.takeUp(plan.runId)).outcome).toMatchObject(outcome);
  },
);

test('where the control folder went with a new start of the instance, nobody knows whether the script ran', async () => {
  const sandbox = await sandboxOf();
  const client = new Client(sandbox.privateKeyPath);
  const plan = await client.plan('true\n', { 'web-1': onlyOf(sandbox) });
  client.ledger((ledger) => {
    ledger.runStarted(plan);
    ledger.stepStarted(plan.runId, 'web-1', 'upload');
  });
  // longer ago than any machine of the tests is up
  const clock = { now: () => Date.now() + 10 * 365 * 86_400_000 };
  const { outcome } = only(await client.takeUp(plan.runId, null, { clock }));
  expect(outcome).toMatchObject({ kind: 'lost', error: { code: 'control-gone' } });
});

/** A run that was left, on an instance that can be cut off. */
async function aLeftRun(script: string, args: readonly string[] = []): Promise<{ project: Project; proxy: Proxy }> {
  const sandbox = await sandboxOf();
  const { user, ...host } = onlyOf(sandbox);
  const proxy = await startProxy(host);
  const project = new Project();
  project.write('config.yaml', `aws:\n  private_ssh_key_path: ${sandbox.privateKeyPath}\n`);
  project.write('script.sh', script);
  project.add('web-1', `${user}@${proxy.address}:${proxy.port}`);
  const { exitCode } = await project.run(['upload-script', 'script.sh', '--cleanup', '--detach', ...args]);
  expect(exitCode).toBe(0);
  return { project, proxy };
}

test('a stop that is given up before it reached the instance leaves the attempt to the next one', async () => {
  const { project, proxy } = await aLeftRun('sleep 307\n');
  proxy.refuse();
  const running = project.start(['stop', 'last', '--verbose']);
  await running.saw('web-1  connecting', 20_000);
  running.kill('SIGINT');
  const { exitCode, stderr } = await running.result;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('web-1  note: cancelled by Ctrl-C; the script may run on there\n');
  expect(stderr).toMatch(/end it with: +spot stop/);
  expect(project.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: null }]);
  await proxy.listen();
  expect((await project.run(['stop', 'last'])).exitCode).toBe(0);
  expect(project.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: 'cancelled' }]);
  expect(sleepers()).toEqual([]);
});

test('an instance that is gone until its script must have ended is lost, and stop does not call that a success', async () => {
  const { project, proxy } = await aLeftRun('echo begun\n', ['--timeout', '1s']);
  proxy.refuse();
  const { io, said } = surroundingsOf(project);
  expect(await stop('last', [], { color: 'never' }, io)).toBe(4);
  expect(said()).toMatch(/web-1 +lost: .+ refused the connection; .+; nobody knows whether the script runs on/);
  expect(project.rows('SELECT outcome, error_code FROM attempts')).toEqual([
    { outcome: 'lost', error_code: 'connection-refused' },
  ]);
  expect(await stop('last', ['web-1'], { color: 'never' }, io)).toBe(4);
  const [run] = project.rows('SELECT id FROM runs');
  expect(said()).toContain(
    `run ${String(run?.['id'])} ended without proof from web-1: its script may run on there; look with: spot doctor web-1\n`,
  );
  const [attempt] = project.rows('SELECT stamp FROM attempts');
  const { control } = remotePaths(String(attempt?.['stamp']));
  // nobody came back to collect it
  await waitFor('the script to end', () => existsSync(join(control, 'result')));
  rmSync(control, { recursive: true });
});

test('nobody waits for an instance that is gone and whose script must have ended long ago', async () => {
  const { project, proxy } = await aLeftRun('echo begun\n', ['--timeout', '30s', '--connect-timeout', '1s']);
  proxy.refuse();
  project.change("UPDATE attempts SET started_at = '2026-01-01T00:00:00.000Z'");
  const { exitCode, ms } = await project.run(['attach']);
  expect(exitCode).toBe(4);
  expect(project.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: 'lost' }]);
  expect(ms).toBeLessThan(15_000);
  const [attempt] = project.rows('SELECT stamp FROM attempts');
  const { control } = remotePaths(String(attempt?.['stamp']));
  await waitFor('the script to end', () => existsSync(join(control, 'result')));
  rmSync(control, { recursive: true });
});

/** What a command finds around it, on a clock that makes half a minute of patience short. */
function surroundingsOf(project: Project): { io: Io; said: () => string } {
  let text = '';
  const writer = { write: (more: string) => void (text += more) };
  const io: Io = {
    stdout: writer,
    stderr: writer,
    stdin: process.stdin,
    env: {},
    cwd: project.cwd,
    home: project.home,
    user: 'tester',
    pid: process.pid,
    clock: { now: () => Date.now() * 20 },
    random: () => 0,
    openFiles: () => null,
    onSignal: () => () => undefined,
    raise: () => undefined,
    isInForeground: () => true,
    onExit: () => () => undefined,
    exitNow: (code) => {
      throw new Error(`left with ${code}`);
    },
  };
  return { io, said: () => text };
}
