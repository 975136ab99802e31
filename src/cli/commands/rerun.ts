import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import { usageError } from '../../model/errors.ts';
import { labelOf } from '../../model/instance.ts';
import type { Payload } from '../../model/payload.ts';
import type { Plan } from '../../model/plan.ts';
import { checkFiles } from '../../payload/checks/check-files.ts';
import { readPayloadEnvironment } from '../../payload/environment.ts';
import { PayloadStore } from '../../payload/store.ts';
import { readStoredPayload } from '../../payload/stored-payload.ts';
import { harmless } from '../../report/text.ts';
import { makePlan } from '../../run/plan.ts';
import { ALL_AT_ONCE } from '../../run/rollout.ts';
import type { AttemptRecord } from '../../state/attempts.ts';
import type { RunRecord } from '../../state/runs.ts';
import type { State } from '../../state/state.ts';
import type { SudoPassword } from '../../run/sudo-password.ts';
import type { Secret } from '../../util/secret.ts';
import { syncWhereDue } from '../auto-sync.ts';
import { proposalOf, requireConsent } from '../consent.ts';
import { type Contradiction, refuseContradictions } from '../contradictions.ts';
import { type FlagKeys, readConfig, withState } from '../context.ts';
import type { ShowOptions } from '../drive.ts';
import { readEnvironment } from '../environment.ts';
import { afterFailures } from '../failure-menu.ts';
import type { Io } from '../io.ts';
import { type Launch, launch } from '../launch.ts';
import { fitToOpenFiles } from '../open-files.ts';
import { picked, type PickOptions, refusePickUnasked } from '../pick.ts';
import { showPlan } from '../preflight/dry-run-view.ts';
import { findRun, stateOfRun } from '../recorded-run.ts';
import { outcomeWords } from '../runs-view.ts';
import type { ReplacedSelection } from '../rerun-replacements.ts';
import { describeReplaced, requireReplacements, warningsOf, withReplacements } from '../rerun-replacements.ts';
import type { OutcomeFlags, RerunSelection } from '../rerun-selection.ts';
import { describeSkips, kindsFor, requireAgain, selectAgain } from '../rerun-selection.ts';
import { STRAGGLER_KEYS, type StragglerOptions, stragglersOf } from '../stragglers.ts';
import { MAX_NAMED } from '../several.ts';
import { readSudoPassword, type SudoOptions, sudoUserOf } from '../sudo.ts';

export interface RerunOptions extends ShowOptions, OutcomeFlags, PickOptions, StragglerOptions, SudoOptions {
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly concurrency?: string;
  /** true: as long as the configuration says */
  readonly waitReady?: string | true;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  /** false for --no-sync */
  readonly sync?: boolean;
}

const FLAG_KEYS: FlagKeys = {
  ...STRAGGLER_KEYS,
  concurrency: { key: 'limits.concurrency', flag: '--concurrency' },
  waitReady: { key: 'limits.ready_timeout', flag: '--wait-ready' },
};

const EXCLUSIVE: readonly Contradiction<RerunOptions>[] = [
  ['dryRun', 'jsonLines'],
  ['all', 'failed'],
  ['all', 'unreachable'],
  ['all', 'lost'],
  ['all', 'reclaimed'],
];

/** `spot rerun`: the same payload once more, in a new run, where the old one did not do what it should. */
export async function rerun(word: string, options: RerunOptions, io: Io): Promise<number> {
  refuseContradictions(options, EXCLUSIVE);
  refusePickUnasked(options, io, 'leave it out for all that did not succeed');
  const config = await readConfig(options, io, FLAG_KEYS);
  const given = await readEnvironment(options.env ?? [], options.envFile ?? [], io);
  return withState(config, io, (state) => repeat(findRun(word, state), given, { options, config, state, io }));
}

/** A run that is over, with what it was begun with. */
interface Repetition extends Surroundings {
  readonly runId: string;
}

/** What chose the instances of an earlier run does not choose those of the next one. */
const WHEREVER = { all: false, failed: false, unreachable: false, lost: false, reclaimed: false, pick: false };

/**
 * The same run once more where it did not succeed, for whoever has just seen it and says so.
 * @param given the values that it was given
 * @returns the exit code
 */
async function runAgain(
  { runId, options, ...surroundings }: Repetition,
  given: ReadonlyMap<string, Secret>,
): Promise<number> {
  return repeat(findRun(runId, surroundings.state), given, {
    ...surroundings,
    options: { ...options, ...WHEREVER },
    isAgreed: true,
  });
}

interface Surroundings {
  readonly options: RerunOptions;
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
  /** nobody is asked again */
  readonly isAgreed?: boolean;
  /** that of the run before; asked for again where sudo has refused it */
  readonly sudoPassword?: SudoPassword | null;
}

async function repeat(run: RunRecord, given: ReadonlyMap<string, Secret>, surroundings: Surroundings): Promise<number> {
  const { options, config, state, io } = surroundings;
  await syncWhereDue({ config, state, io, options });
  const attempts = state.runs.attempts(run.id);
  const due = selectionOf(run, attempts, surroundings);
  requireReplacements(run.id, due);
  requireAgain(run.id, due, outcomeWords(state.runs.tally(run.id), stateOfRun(run, state)));
  warnOf(run, attempts, due, io);
  const selection = await picked(due, options, io);
  const archive = await new PayloadStore(config.stateDir, state.payloads).provide(run.payloadDigest);
  const payload = await readStoredPayload(archive, run.payloadDigest);
  const environment = withOwnValues(payload, given);
  requireSameNames(run, environment);
  const plan = fitToOpenFiles(planOf(run, selection, payload, surroundings), selection.chosen.length, io);
  const what = describeReplaced(run.id, attempts.length, selection);
  if (options.dryRun) {
    const findings = checkFiles(payload.manifest.files, (path) => path);
    return showPlan(plan, { selection: what, findings }, { options, state, io });
  }
  if (!options.quiet) io.stderr.write(`${what}\n`);
  const isAsked = surroundings.isAgreed !== true;
  if (isAsked) await requireConsent(proposalOf(plan, payload.manifest.metadata.name), options, config, io);
  const { sudoPassword: taken = null } = surroundings;
  const sudoPassword = taken?.refusal === null ? taken : await readSudoPassword(plan.sudo, options, io);
  return launchAndAsk({ plan, environment, sudoPassword, options, config, state, io });
}

/** Executes a plan, and asks what is next where it did not succeed everywhere. @returns the exit code of the last run */
export async function launchAndAsk({
  plan,
  environment,
  ...surroundings
}: Launch & Pick<Surroundings, 'options'>): Promise<number> {
  const exitCode = await launch({ plan, environment, ...surroundings });
  const aftermath = { runId: plan.runId, ...surroundings };
  return afterFailures(exitCode, { ...aftermath, rerun: () => runAgain(aftermath, environment) });
}

/** Only who asks for the reclaimed ones by name gets others in their place. */
function selectionOf(
  run: RunRecord,
  attempts: readonly AttemptRecord[],
  { options, config, state }: Surroundings,
): ReplacedSelection {
  const fleet = state.instances.list();
  const selection = selectAgain(run.id, attempts, kindsFor(options), fleet);
  if (!options.reclaimed) return { ...selection, due: [], done: [], unreplaced: [], surplus: [] };
  const { payloadDigest, mode, plan } = run;
  const sudo = plan.sudo === undefined ? {} : { sudo: plan.sudo };
  const key = { payloadDigest, mode, args: plan.args, remotePath: plan.remotePath, ...sudo };
  const had = new Set(state.runs.successes(key).map(({ instanceId }) => instanceId));
  return withReplacements(selection, { attempts, fleet, tags: config.aws.tags, had });
}

/** Some values are a part of the payload. */
function withOwnValues(payload: Payload, given: ReadonlyMap<string, Secret>): ReadonlyMap<string, Secret> {
  return new Map([...readPayloadEnvironment(payload.manifest).values, ...given]);
}

/**
 * Values are not on record, so they have to be given again, all of them and no other: the names are a part of the payload.
 * @throws SpotError (exit 64)
 */
function requireSameNames({ id, plan }: RunRecord, given: ReadonlyMap<string, Secret>): void {
  const missing = plan.environment.filter((name) => !given.has(name));
  if (missing.length > 0) {
    const flags = missing.map((name) => `--env ${name}`).join(' ');
    const message = `run ${id} was given ${missing.join(', ')}, and values are not stored; give them again with: ${flags}`;
    throw usageError('env-missing', message);
  }
  const extra = [...given.keys()].filter((name) => !plan.environment.includes(name));
  if (extra.length === 0) return;
  throw usageError(
    'env-unknown',
    `run ${id} was not given ${extra.join(', ')}; leave that out, or upload the script again`,
  );
}

function warnOf(run: RunRecord, attempts: readonly AttemptRecord[], selection: ReplacedSelection, io: Io): void {
  const { chosen, unreplaced } = selection;
  const warn = (text: string): void => io.stderr.write(`spot: warning: ${harmless(text)}\n`);
  for (const warning of warningsOf(selection)) warn(warning);
  const notReady = selection.notReady.filter(({ instance }) => !unreplaced.includes(instance));
  if (notReady.length > 0) warn(`not ready, and left out: ${describeSkips(notReady)}`);
  const open = attempts.filter(({ outcome }) => outcome === null);
  if (open.length > 0) warn(`open in run ${run.id}, and left out: ${namesOf(open)}; see: spot attach ${run.id}`);
  const isChosen = new Set(chosen.map(({ instanceId }) => instanceId));
  const lost = attempts.filter(({ instanceId, outcome }) => outcome === 'lost' && isChosen.has(instanceId));
  if (lost.length > 0) warn(`lost in run ${run.id}, so that its script may run on there: ${namesOf(lost)}`);
}

function namesOf(attempts: readonly AttemptRecord[]): string {
  const names = attempts.slice(0, MAX_NAMED).map(labelOf).join(', ');
  return attempts.length > MAX_NAMED ? `${names} … and ${attempts.length - MAX_NAMED} more` : names;
}

function planOf(run: RunRecord, selection: RerunSelection, payload: Payload, surroundings: Surroundings): Plan {
  const { options, config, io } = surroundings;
  const { args, environment, remotePath, cleanup, transfer, retries, limits, exclusive } = run.plan;
  const { readyTimeoutMs = null, tracksPayload = false } = run.plan;
  const { concurrency } = options.concurrency === undefined ? limits : config.limits;
  const plan = makePlan(
    {
      payload,
      selection,
      args,
      environment,
      mode: run.mode,
      remotePath,
      cleanup,
      transfer,
      limits: { ...limits, concurrency },
      retries,
      readyTimeoutMs: options.waitReady === undefined ? readyTimeoutMs : config.limits.readyTimeoutMs,
      tracksPayload,
      // other instances than last time: what held for all of them does not for these
      rollout: ALL_AT_ONCE,
      interruption: run.plan.interruption ?? config.interruption,
      useCache: true,
      exclusiveFor: exclusive ? `${io.user}@${hostname()}` : null,
      detached: false,
      ...stragglersOf(config, { mode: run.mode, detached: false }),
      sudo: againAs(run, options),
      username: config.aws.username,
    },
    io,
  );
  return { ...plan, rerunOf: run.id };
}

/**
 * As whom: as last time, or as it is asked for now.
 * @throws SpotError (exit 64) where scripts that were only copied should run
 */
function againAs({ mode, plan }: RunRecord, options: SudoOptions): string | undefined {
  const again = { ...(plan.sudo === undefined ? {} : { sudo: plan.sudo }), ...options };
  return sudoUserOf({ ...again, copyOnly: mode === 'copy' });
}
