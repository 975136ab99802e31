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
import type { Secret } from '../../util/secret.ts';
import { syncWhereDue } from '../auto-sync.ts';
import { type Contradiction, refuseContradictions } from '../contradictions.ts';
import { type FlagKeys, readConfig, withState } from '../context.ts';
import type { ShowOptions } from '../drive.ts';
import { readEnvironment } from '../environment.ts';
import type { Io } from '../io.ts';
import { launch, requireConsent } from '../launch.ts';
import { fitToOpenFiles } from '../open-files.ts';
import { showPlan } from '../preflight/dry-run-view.ts';
import { findRun, stateOfRun } from '../recorded-run.ts';
import { outcomeWords } from '../runs-view.ts';
import type { ReplacedSelection } from '../rerun-replacements.ts';
import { describeReplaced, requireReplacements, warningsOf, withReplacements } from '../rerun-replacements.ts';
import type { OutcomeFlags, RerunSelection } from '../rerun-selection.ts';
import { describeSkips, kindsFor, requireAgain, selectAgain } from '../rerun-selection.ts';
import { STRAGGLER_KEYS, type StragglerOptions, stragglersOf } from '../stragglers.ts';
import { MAX_NAMED } from '../several.ts';

export interface RerunOptions extends ShowOptions, OutcomeFlags, StragglerOptions {
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
  const config = await readConfig(options, io, FLAG_KEYS);
  const given = await readEnvironment(options.env ?? [], options.envFile ?? [], io);
  return withState(config, io, async (state) => {
    const run = findRun(word, state);
    await syncWhereDue({ config, state, io, options });
    const attempts = state.runs.attempts(run.id);
    const selection = selectionOf(run, attempts, { options, config, state });
    requireReplacements(run.id, selection);
    requireAgain(run.id, selection, outcomeWords(state.runs.tally(run.id), stateOfRun(run, state)));
    warnOf(run, attempts, selection, io);
    const archive = await new PayloadStore(config.stateDir, state.payloads).provide(run.payloadDigest);
    const payload = await readStoredPayload(archive, run.payloadDigest);
    const environment = withOwnValues(payload, given);
    requireSameNames(run, environment);
    const plan = fitToOpenFiles(planOf(run, selection, payload, { options, config, io }), selection.chosen.length, io);
    const what = describeReplaced(run.id, attempts.length, selection);
    if (options.dryRun)
      return showPlan(
        plan,
        { selection: what, findings: checkFiles(payload.manifest.files, (path) => path) },
        { options, state, io },
      );
    if (!options.quiet) io.stderr.write(`${what}\n`);
    await requireConsent(plan, payload.manifest.metadata.name, options, io);
    return launch({ plan, environment, options, config, state, io });
  });
}

/** Only who asks for the reclaimed ones by name gets others in their place. */
function selectionOf(
  run: RunRecord,
  attempts: readonly AttemptRecord[],
  { options, config, state }: { readonly options: RerunOptions; readonly config: Config; readonly state: State },
): ReplacedSelection {
  const fleet = state.instances.list();
  const selection = selectAgain(run.id, attempts, kindsFor(options), fleet);
  if (!options.reclaimed) return { ...selection, due: [], done: [], unreplaced: [], surplus: [] };
  const { payloadDigest, mode, plan } = run;
  const key = { payloadDigest, mode, args: plan.args, remotePath: plan.remotePath };
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

interface Surroundings {
  readonly options: RerunOptions;
  readonly config: Config;
  readonly io: Io;
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
      username: config.aws.username,
    },
    io,
  );
  return { ...plan, rerunOf: run.id };
}
