import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AttemptResult, RunResult } from '../../src/model/attempt.ts';
import { Project, specOf } from '../e2e/project.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { clientOf, type RunRequest, type TestClient } from './client.ts';
import { useHosts } from './hosts.ts';
import { isOutput } from './stages.ts';

leakCheck();
const hosts = useHosts();

/** What a script may start that outlives its parent, or does not listen; and how many processes there are to end then. */
const KINDS = {
  'a-child': { starts: 'sleep "$1" &', processes: 2 },
  nohup: { starts: 'nohup sleep "$1" >/dev/null 2>&1 &', processes: 2 },
  setsid: { starts: 'setsid sleep "$1" </dev/null >/dev/null 2>&1 &', processes: 2 },
  'a-double-fork': { starts: `(sh -c 'sleep "$1" &' sh "$1" >/dev/null 2>&1 &)`, processes: 2 },
  'a-deaf-child': { starts: `sh -c "trap '' TERM HUP INT; sleep $1 & wait" &`, processes: 3 },
  'a-deaf-script': { starts: `trap '' TERM HUP INT`, processes: 1 },
  'a-stopped-child': { starts: `sh -c 'kill -STOP $$; sleep "$1"' sh "$1" &`, processes: 2 },
  'all-of-it': {
    starts: `trap '' TERM; nohup setsid sh -c '(sleep "$1" & sleep "$1") & wait' sh "$1" >/dev/null 2>&1 &`,
    processes: 4,
  },
} as const;

const NAMES = Object.keys(KINDS);
const WIDTH = Math.max(...NAMES.map((name) => name.length));

/** Each instance starts what it is named after; `$1` is a number of seconds by which the sleeps are found again. */
const SCRIPT = `#!/usr/bin/env sh
# Debian's busybox has no nohup
command -v nohup >/dev/null || nohup() { trap '' HUP; exec "$@"; }
case $SPOT_INSTANCE_ID in
${Object.entries(KINDS)
  .map(([name, { starts }]) => `${name})\n${starts}\n;;`)
  .join('\n')}
esac
echo begun
exec sleep "$1"
`;

/** Nobody else on this machine sleeps for so long. */
let next = 200_000 + (process.pid % 10_000) * 10;
const seconds = (): string => String((next += 1));

/** Instances that are all the same host. */
function clientWithKinds(host: SshdHost): TestClient {
  const client = clientOf([], { privateKeyPath: host.identityFile });
  for (const name of NAMES) client.add(name, specOf(host));
  return client;
}

function request(mark: string, limits: RunRequest['limits'] = {}): RunRequest {
  return { script: SCRIPT, plan: { args: [mark] }, limits: { killGraceMs: 1000, ...limits } };
}

const killed = (count: number): string => `killed ${count} process${count === 1 ? '' : 'es'}`;
const PROOF = Object.fromEntries(Object.entries(KINDS).map(([name, { processes }]) => [name, [killed(processes)]]));

function proofOf({ attempts }: RunResult): Record<string, readonly string[]> {
  return Object.fromEntries(attempts.map(({ instanceId, evidence }) => [instanceId, evidence]));
}

const outcomesOf = (attempts: readonly AttemptResult[]): Set<string> =>
  new Set(attempts.map(({ outcome }) => outcome.kind));

function sleepers(host: SshdHost, mark: string): string[] {
  return host
    .processes()
    .map(({ command }) => command)
    .filter((command) => command.endsWith(`sleep ${mark}`));
}

const isMissing = (['sshd', 'dash', 'busybox'] as const).some((name) => requireProgram(name) === null);

const SHELLS = ['dash', 'busybox'] as const;

/** The same on a host of each shell, at once: most of it is waiting. */
async function onEachShell(work: (host: SshdHost, mark: string) => Promise<void>): Promise<void> {
  const started = await Promise.all(SHELLS.map((shell) => hosts.start({ shell })));
  await Promise.all(started.map((host) => work(host, seconds())));
}

describe.skipIf(isMissing)(`on hosts whose sh is ${SHELLS.join(' and ')}, all is ended`, () => {
  test('by the deadline, and counted', () =>
    onEachShell(async (host, mark) => {
      const result = await clientWithKinds(host).run(request(mark, { executionTimeoutMs: 2000 }));
      expect(outcomesOf(result.attempts)).toEqual(new Set(['timed-out']));
      expect(proofOf(result)).toEqual(PROOF);
      expect(sleepers(host, mark)).toEqual([]);
    }));

  test('by Ctrl-C, and counted', () =>
    onEachShell(async (host, mark) => {
      const run = await clientWithKinds(host).start(request(mark));
      await waitFor('all to begin', () => run.events.filter(isOutput).length === NAMES.length, 15_000);
      run.cancel('Ctrl-C');
      const result = await run.result;
      expect(outcomesOf(result.attempts)).toEqual(new Set(['cancelled']));
      expect(proofOf(result)).toEqual(PROOF);
      expect(sleepers(host, mark)).toEqual([]);
    }));

  test('by the deadline of a run whose client was killed long before, and counted for who comes back', async () => {
    onTestFinished(() => void removeDeployFolders());
    await onEachShell(async (host, mark) => {
      const project = new Project();
      project.write('config.yaml', `aws: { private_ssh_key_path: ${host.identityFile} }\nlimits: { kill_grace: 1s }\n`);
      project.write('stubborn.sh', SCRIPT);
      for (const name of NAMES) project.add(name, specOf(host));
      const running = project.start(['upload-script', 'stubborn.sh', '--timeout', '4s', '--', mark]);
      for (const name of NAMES) await running.saw(`${name.padEnd(WIDTH)} | begun`, 20_000);
      running.kill('SIGKILL');
      await running.result;
      expect(sleepers(host, mark).length).toBeGreaterThan(NAMES.length);
      await waitFor('the deadline to end it all', () => sleepers(host, mark).length === 0, 20_000);
      expect((await project.run(['attach'])).exitCode).toBe(2);
      const rows = project.rows('SELECT instance_id, outcome, evidence FROM attempts ORDER BY position');
      expect(rows).toEqual(
        NAMES.map((name) => ({ instance_id: name, outcome: 'timed-out', evidence: JSON.stringify(PROOF[name]) })),
      );
    });
  });
});
