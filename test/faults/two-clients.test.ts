import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Project } from '../e2e/project.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { type Proxy, startProxy } from '../helpers/proxy.ts';
import type { RunningSpot, SpotResult } from '../helpers/spot.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

/** Leaves a trace, and ends when the file $1 appears. */
const WAITS = 'echo "$SPOT_INSTANCE_ID" >>"$1.ran"\necho begun\nuntil [ -e "$1" ]; do sleep 0.05; done\n';

interface Begun {
  readonly project: Project;
  readonly proxy: Proxy;
  /** the client that began the run, two instances of which wait for the first */
  readonly beginner: RunningSpot;
  /** lets all scripts end */
  go(): void;
  /** ids of instances, each as often as its script was started */
  ran(): string[];
}

/** A run whose first script is at work while the other two instances wait for their turn. */
async function begin(): Promise<Begun> {
  const sandbox = await sandboxOf();
  const { user, ...host } = onlyOf(sandbox);
  const proxy = await startProxy(host);
  const file = join(tempDir(), 'go');
  const project = new Project();
  project.write('config.yaml', `aws:\n  private_ssh_key_path: ${sandbox.privateKeyPath}\n`);
  project.write('waits.sh', WAITS);
  for (const name of ['web-1', 'web-2', 'web-3']) project.add(name, `${user}@${proxy.address}:${proxy.port}`);
  const beginner = project.start(['upload-script', 'waits.sh', '--cleanup', '-f', '1', '--', file]);
  await beginner.saw('web-1 | begun', 20_000);
  const trace = `${file}.ran`;
  return {
    project,
    proxy,
    beginner,
    go: () => writeFileSync(file, ''),
    ran: () => (existsSync(trace) ? readFileSync(trace, 'utf8').trim().split('\n') : []),
  };
}

function outcomes({ project }: Begun): unknown[] {
  return project.rows('SELECT outcome FROM attempts ORDER BY position').map(({ outcome }) => outcome);
}

function endOf({ exitCode, stderr }: SpotResult): { exitCode: number | null; said: string } {
  return { exitCode, said: stderr };
}

test('whoever attaches to a run that its client is still starting waits for that, and disturbs nothing', async () => {
  const begun = await begin();
  const follower = begun.project.start(['attach']);
  await follower.saw('web-1  connected', 20_000);
  begun.go();
  const ends = await Promise.all([begun.beginner.result, follower.result]);
  for (const { exitCode, said } of ends.map(endOf)) {
    expect(said).toContain('3 of 3 instances succeeded');
    expect(exitCode).toBe(0);
  }
  expect(begun.ran()).toEqual(['web-1', 'web-2', 'web-3']);
  expect(outcomes(begun)).toEqual(['succeeded', 'succeeded', 'succeeded']);
});

test('a stop reaches what its client has not started yet, and the client says so', async () => {
  const begun = await begin();
  const stopped = endOf(await begun.project.run(['stop', 'last']));
  expect(stopped.said).toContain('3 cancelled');
  expect(stopped.exitCode).toBe(0);
  const { exitCode, said } = endOf(await begun.beginner.result);
  expect(said).toMatch(/web-3 {2}cancelled: cancelled by spot-stop \(.*nothing was started\)/);
  expect(said).toContain('3 cancelled');
  expect(exitCode).toBe(2);
  expect(begun.ran()).toEqual(['web-1']);
  expect(outcomes(begun)).toEqual(['cancelled', 'cancelled', 'cancelled']);
});

test('what a dead client has not started never is', async () => {
  const begun = await begin();
  begun.beginner.kill('SIGKILL');
  await begun.beginner.result;
  begun.go();
  const { exitCode, said } = endOf(await begun.project.run(['attach']));
  expect(said).toContain(
    'web-2  cancelled: cancelled by the end of the client that began the run (nothing was started)\n',
  );
  expect(exitCode).toBe(2);
  expect(begun.ran()).toEqual(['web-1']);
  expect(outcomes(begun)).toEqual(['succeeded', 'cancelled', 'cancelled']);
});
