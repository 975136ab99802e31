import { readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Project } from '../e2e/project.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { LEAK_MARK, leakMark } from '../helpers/leak-mark.ts';
import { describeProcess, processesMarked } from '../helpers/processes.ts';
import type { SpotResult } from '../helpers/spot.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { CHECKS, CHECKS_AFTER_ATTACH, foldersOfLost, type Scene, violationsOf } from './crash/check.ts';
import { pickCommand, UPLOAD } from './crash/commands.ts';
import { Random } from './crash/random.ts';
import { sandboxOf } from './sandbox.ts';

leakCheck();

/** `npm run crash` plays 200 rounds; a round has the seed of the first one and its number, so that it can be played alone. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 8);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const ROUND_MS = 30_000;

/** What has happened in all rounds. */
interface Counts {
  killed: number;
  /** runs that had to be attached to */
  open: number;
}

describe('kill -9 at any moment', () => {
  test(
    `leaves a ledger and a disk that agree (seed ${SEED}, ${ROUNDS} rounds)`,
    { timeout: 60_000 + ROUNDS * ROUND_MS },
    async () => {
      const scene = await makeScene();
      const violations: string[] = [];
      const counts = { killed: 0, open: 0 };
      for (let seed = SEED; seed < SEED + ROUNDS && violations.length === 0; seed += 1) {
        violations.push(...(await playRound(new Random(seed), scene, counts)).map((words) => `seed ${seed}: ${words}`));
      }
      violations.push(...(await checkAbandoned(scene)));
      expect(violations).toEqual([]);
      // so many that there was something to look at
      const whole = scene.project.rows(
        "SELECT 1 FROM attempts WHERE outcome = 'succeeded' AND stdout_bytes > 0",
      ).length;
      const isEnough = counts.killed > ROUNDS / 4 && counts.open > ROUNDS / 10 && whole > ROUNDS / 10;
      if (ROUNDS >= 20) expect(isEnough, JSON.stringify({ ...counts, whole })).toBe(true);
    },
  );

  test.each(['attach', 'stop'])('before a run is closed leaves that to %s', async (command) => {
    const { project } = await makeScene();
    project.write('fails.sh', 'exit 3\n');
    expect((await project.run(['upload-script', 'fails.sh', '--yes', '--quiet'])).exitCode).toBe(2);
    // a moment that is too short to be met by chance
    project.change('UPDATE runs SET finished_at = NULL, exit_code = NULL');
    expect((await project.run([command, 'last'])).exitCode).toBe(command === 'attach' ? 2 : 0);
    expect(project.rows('SELECT exit_code FROM runs WHERE finished_at IS NOT NULL')).toEqual([{ exit_code: 2 }]);
  });
});

async function makeScene(): Promise<Scene> {
  const { instances, privateKeyPath } = await sandboxOf({ count: 3 });
  const project = new Project();
  project.write(
    'config.yaml',
    `aws: { private_ssh_key_path: ${privateKeyPath} }\nlimits: { lease: 1s, kill_grace: 1s }\n`,
  );
  instances.forEach(({ user, address, port }, index) => project.add(`web-${index + 1}`, `${user}@${address}:${port}`));
  return { project, homes: instances.map(({ home }) => home) };
}

/** A few commands at once, each killed sometime; what they left is looked at, taken up, and looked at again. */
async function playRound(random: Random, scene: Scene, counts: Counts): Promise<string[]> {
  const { project } = scene;
  const plays = Array.from({ length: random.between(1, 3) }, (_, index) => ({
    args: (index === 0 ? UPLOAD : pickCommand(random)).prepare(random, project),
    startMs: index === 0 ? 0 : random.between(0, 1000),
    killMs: planKill(random),
  }));
  const said = await Promise.all(
    plays.map(async ({ args, startMs, killMs }) => {
      await sleep(startMs);
      const running = project.start(args, { timeoutMs: ROUND_MS });
      const timer = killMs === null ? null : setTimeout(() => running.kill('SIGKILL'), killMs);
      const result = await running.result;
      if (timer !== null) clearTimeout(timer);
      if (result.signal === 'SIGKILL') counts.killed += 1;
      return wrongEnd(args, result);
    }),
  );
  const killed = violationsOf(CHECKS, scene);
  const attached = await attachToAll(scene, counts);
  const settled = violationsOf(CHECKS, scene);
  return [...said.flat(), ...killed, ...attached, ...settled, ...(await waitForPeace(scene))];
}

/** Often while it packs or uploads, less often while the script runs or is collected; some live on. @returns ms */
function planKill(random: Random): number | null {
  return random.pick([random.between(100, 1000), random.between(100, 1000), random.between(500, 3000), null]);
}

/** The bits of outcomes, and a bad moment: nothing to attach to, no such run yet. */
const EXIT_CODES: readonly (number | null)[] = [0, 2, 4, 6, 64];

function wrongEnd(args: readonly string[], { stdout, stderr, exitCode, signal }: SpotResult): string[] {
  const isKnown = signal === 'SIGKILL' || EXIT_CODES.includes(exitCode);
  const bug = /^\s+at .*:\d+:\d+\)?$|Unhandled|please report/m.test(stdout + stderr);
  return isKnown && !bug ? [] : [`spot ${args.join(' ')} ended with ${exitCode ?? signal}: ${stderr.slice(0, 500)}`];
}

async function attachToAll({ project }: Scene, counts: Counts): Promise<string[]> {
  const open = project.rows('SELECT id FROM runs WHERE finished_at IS NULL').map(({ id }) => String(id));
  counts.open += open.length;
  const ends = await Promise.all(
    open.map(async (id) =>
      wrongEnd(['attach', id], await project.run(['attach', id, '--quiet'], { timeoutMs: ROUND_MS })),
    ),
  );
  return ends.flat();
}

/** What is ended over there may take its time. */
async function waitForPeace(scene: Scene): Promise<string[]> {
  let left: string[] = [];
  const isQuiet = (): boolean => {
    const processes = processesMarked(LEAK_MARK, leakMark()).map(
      (found) => `process ${describeProcess(found)} is left`,
    );
    left = [...violationsOf(CHECKS_AFTER_ATTACH, scene), ...processes];
    return left.length === 0;
  };
  await waitFor('peace', isQuiet, 10_000).catch(() => undefined);
  // not by the doctor, who looks after all of /tmp, where other tests are at work
  for (const folder of foldersOfLost(scene)) rmSync(folder, { recursive: true });
  return left;
}

/** Archives that nobody will finish go with the first upload an hour later. */
async function checkAbandoned({ project }: Scene): Promise<string[]> {
  const folder = join(project.cwd, '.spot/payloads');
  const unfinished = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.packing-'));
  const twoHoursAgo = Date.now() / 1000 - 7200;
  for (const name of unfinished()) utimesSync(join(folder, name), twoHoursAgo, twoHoursAgo);
  project.write('last.sh', 'true\n');
  const { exitCode } = await project.run(['upload-script', 'last.sh', '--yes', '--quiet']);
  return [
    ...(exitCode === 0 ? [] : [`the last upload ended with ${exitCode}`]),
    ...unfinished().map((name) => `${name} is left`),
  ];
}
