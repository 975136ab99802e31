import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from '../../e2e/project.ts';
import { isOfNotedClient } from '../../helpers/leak-mark.ts';
import { numbers, RESULT, SAID, TRACE } from './commands.ts';

/** What is looked at. */
export interface Scene {
  readonly project: Project;
  /** of the instances */
  readonly homes: readonly string[];
}

/** @returns a sentence for each thing that must not be */
type Check = (scene: Scene) => string[];

/** What must hold at any moment at which nobody is at work, however the last ones came to their end. */
export const CHECKS: readonly Check[] = [
  integrity,
  runsAreExplained,
  attemptsAreExplained,
  logsAreWhole,
  archivesAreThere,
  startedOnce,
  fetchedIsWhole,
  nothingStrayHere,
];

/** What must hold in addition once every open run has been attached to. */
export const CHECKS_AFTER_ATTACH: readonly Check[] = [everyRunHasEnded, nothingLeftThere];

export function violationsOf(checks: readonly Check[], scene: Scene): string[] {
  return checks.flatMap((check) => check(scene).map((words) => `${check.name}: ${words}`));
}

interface Attempt {
  readonly run_id: string;
  readonly instance_id: string;
  readonly stamp: string;
  readonly step: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly outcome: string | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly error_code: string | null;
  readonly remote_dir: string | null;
  readonly stdout_path: string | null;
  readonly stdout_bytes: number;
  readonly stderr_path: string | null;
  readonly stderr_bytes: number;
}

interface Run {
  readonly id: string;
  readonly finished_at: string | null;
  readonly exit_code: number | null;
  readonly payload_digest: string;
  readonly payload_path: string;
}

function attemptsOf({ project }: Scene): Attempt[] {
  return project.rows('SELECT * FROM attempts') as unknown as Attempt[];
}

function runsOf({ project }: Scene): Run[] {
  return project.rows("SELECT *, json_extract(plan, '$.payloadPath') AS payload_path FROM runs") as unknown as Run[];
}

function integrity({ project }: Scene): string[] {
  const [first] = project.rows('PRAGMA integrity_check');
  const orphans = project.rows('PRAGMA foreign_key_check');
  const isOk = first?.['integrity_check'] === 'ok' && orphans.length === 0;
  return isOk ? [] : [`the database says ${JSON.stringify([first, ...orphans])}`];
}

/** A run is there with all of its attempts, or not at all; it is closed where none is open, and then only. */
function runsAreExplained(scene: Scene): string[] {
  const attempts = attemptsOf(scene);
  return runsOf(scene).flatMap(({ id, finished_at: finishedAt, exit_code: exitCode }) => {
    const own = attempts.filter(({ run_id: runId }) => runId === id);
    const open = own.filter(({ outcome }) => outcome === null).length;
    if (own.length === 0) return [`${id} has no attempts`];
    if ((finishedAt === null) !== (exitCode === null)) return [`${id} has ended at ${finishedAt} with ${exitCode}`];
    return finishedAt !== null && open > 0 ? [`${id} has ended, and ${open} of its attempts have not`] : [];
  });
}

const STEPS = ['connect', 'upload', 'execute', 'collect', 'clean-up'];
/** What each outcome must be able to show. */
const PROOFS: Readonly<Record<string, (attempt: Attempt) => boolean>> = {
  succeeded: ({ error_code: error, step }) => error === null && step !== null,
  failed: ({ exit_code: code }) => code !== null && code > 0,
  killed: ({ signal }) => signal !== null,
  'timed-out': ({ error_code: error }) => error !== null,
  cancelled: ({ error_code: error }) => error !== null,
  lost: ({ error_code: error }) => error !== null,
  unreachable: ({ error_code: error }) => error !== null,
  rejected: ({ error_code: error }) => error !== null,
};

/** Each has an outcome that is proved, or is open, and then at a step or not begun. */
function attemptsAreExplained(scene: Scene): string[] {
  return attemptsOf(scene).flatMap((attempt) => {
    const { outcome, step, started_at: startedAt, finished_at: finishedAt } = attempt;
    const isTimed = (outcome === null) === (finishedAt === null) && (step === null || startedAt !== null);
    const isAtStep = step === null ? startedAt === null : STEPS.includes(step);
    const isProved = outcome === null || PROOFS[outcome]?.(attempt) === true;
    return isTimed && isAtStep && isProved ? [] : [`${JSON.stringify(attempt)} cannot be explained`];
  });
}

/** As many bytes on disk as the ledger says; all that the script said where it came to its end, else the beginning. */
function logsAreWhole(scene: Scene): string[] {
  const whole = numbers(SAID);
  return attemptsOf(scene).flatMap((attempt) => {
    const { run_id: runId, instance_id: instanceId, outcome } = attempt;
    const name = `${runId} ${instanceId} (${outcome})`;
    if (outcome === null) return [];
    const out = sizeOf(attempt.stdout_path);
    const err = sizeOf(attempt.stderr_path);
    if (out !== attempt.stdout_bytes) return [`${name}: stdout has ${out} bytes, not ${attempt.stdout_bytes}`];
    if (err !== attempt.stderr_bytes) return [`${name}: stderr has ${err} bytes, not ${attempt.stderr_bytes}`];
    const said = attempt.stdout_path === null ? '' : readFileSync(attempt.stdout_path, 'utf8');
    const cameToItsEnd = ['succeeded', 'failed', 'killed'].includes(outcome);
    if (cameToItsEnd ? said === whole : whole.startsWith(said)) return [];
    return [`${name}: stdout is not what the script said`];
  });
}

function sizeOf(path: string | null): number {
  return path === null ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? -1);
}

function archivesAreThere(scene: Scene): string[] {
  const digests = new Map(runsOf(scene).map((run) => [run.payload_path, run.payload_digest]));
  return [...digests].flatMap(([path, digest]) => {
    if (!existsSync(path)) return [`${path} is named by a run, and is not there`];
    return createHash('sha256').update(readFileSync(path)).digest('hex') === digest ? [] : [`${path} is damaged`];
  });
}

function startedOnce({ homes }: Scene): string[] {
  return homes.flatMap((home) =>
    readdirSync(home)
      .filter((name) => name.startsWith(TRACE))
      .filter((name) => readFileSync(join(home, name), 'utf8') !== 'started\n')
      .map((name) => `${join(home, name)} tells of several starts`),
  );
}

function fetchedIsWhole({ project }: Scene): string[] {
  const folder = join(project.cwd, 'fetched');
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/.fetching-'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith('/result') || readFileSync(path, 'utf8') !== RESULT)
    .map((path) => `${path} is not whole`);
}

/** In the state folder; a `.packing-…` of somebody who was killed goes an hour later, which is a test of its own. */
const KNOWN =
  /^(state\.db(-wal|-shm)?|logs|logs\/[^/]+|logs\/[^/]+\/[\w.:-]+\.(out|err)|payloads|payloads\/([0-9a-f]{64}\.(tar\.gz|sha256)|\.packing-.*))$/;

function nothingStrayHere(scene: Scene): string[] {
  const names = readdirSync(join(scene.project.cwd, '.spot'), { recursive: true }) as string[];
  const runs = new Set(runsOf(scene).map(({ id }) => id));
  const isOfNoRun = (name: string): boolean => /\.(out|err)$/.test(name) && !runs.has(name.split('/')[1] ?? '');
  return names.filter((name) => !KNOWN.test(name) || isOfNoRun(name)).map((name) => `.spot/${name} is left`);
}

function everyRunHasEnded(scene: Scene): string[] {
  return runsOf(scene)
    .filter(({ finished_at: finishedAt }) => finishedAt === null)
    .map(({ id }) => `${id} is open although it was attached to`);
}

/**
 * Files folders stay after the run, as long as the ledger knows of them; of an attempt that is lost it says itself that
 * nobody knows what it has left.
 */
function nothingLeftThere(scene: Scene): string[] {
  const attempts = attemptsOf(scene);
  const kept = new Set(attempts.map(({ remote_dir: path }) => path));
  const lost = new Set(foldersOfLost(scene));
  return foldersThere()
    .filter((path) => !kept.has(path) && !lost.has(path))
    .map((path) => `${path} is left of ${storyOf(path, attempts)}`);
}

/** What `spot doctor --fix` would remove. */
export function foldersOfLost(scene: Scene): string[] {
  const stamps = attemptsOf(scene).flatMap(({ outcome, stamp }) => (outcome === 'lost' ? [stamp] : []));
  return foldersThere().filter((path) => stamps.some((stamp) => path.endsWith(`_${stamp}`)));
}

function foldersThere(): string[] {
  return readdirSync('/tmp')
    .filter((name) => /^(\.spot|deploy_files)_/.test(name) && isOfNotedClient(name))
    .map((name) => `/tmp/${name}`);
}

function storyOf(path: string, attempts: readonly Attempt[]): string {
  const attempt = attempts.find(({ stamp }) => path.endsWith(stamp));
  if (attempt === undefined) return 'a try that the ledger does not know';
  const { run_id: runId, instance_id: instanceId, outcome, step, error_code: code } = attempt;
  return `${runId} ${instanceId}: ${outcome} in ${step} (${code})`;
}
