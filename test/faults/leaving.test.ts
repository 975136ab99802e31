import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { CancelledError } from '../../src/run/explain.ts';
import { LEAK_MARK, leakMark } from '../helpers/leak-mark.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { processesMarked } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';
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
