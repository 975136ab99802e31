import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import { describeSelection } from '../../inventory/describe-selection.ts';
import { onlyMissing } from '../../inventory/only-missing.ts';
import type { FilteredSelection } from '../../inventory/select.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { Selection } from '../../model/instance.ts';
import type { Plan } from '../../model/plan.ts';
import { idleDocument } from '../../report/json.ts';
import { harmless } from '../../report/text.ts';
import { makePlan } from '../../run/plan.ts';
import { checkRemotePath } from '../../run/remote-path.ts';
import type { RolloutRequest } from '../../run/rollout.ts';
import { planKeyOf } from '../../state/history.ts';
import type { State } from '../../state/state.ts';
import type { Secret } from '../../util/secret.ts';
import { syncWhile } from '../auto-sync.ts';
import { chooseInstances, type InventoryFileOptions } from '../choose-instances.ts';
import { type Contradiction, refuseBoth, refuseContradictions } from '../contradictions.ts';
import { proposalOf, requireConsent } from '../consent.ts';
import { type FlagKeys, readConfig, withState } from '../context.ts';
import type { ShowOptions } from '../drive.ts';
import { readEnvironment } from '../environment.ts';
import type { Io } from '../io.ts';
import { fitToOpenFiles } from '../open-files.ts';
import { picked, type PickOptions, refusePickUnasked } from '../pick.ts';
import { pickScript, refuseWithoutScript } from '../pick-script.ts';
import { chooseSource, openSource, type PayloadSource } from '../payload-source.ts';
import { type CheckOptions, requireSound } from '../preflight/findings.ts';
import { showPlan } from '../preflight/dry-run-view.ts';
import { readRollout, refuseToLeave, type RolloutOptions } from '../rollout.ts';
import { refuseStragglers, STRAGGLER_KEYS, type StragglerOptions, stragglersOf } from '../stragglers.ts';
import { readSudoPassword, type SudoOptions, sudoUserOf } from '../sudo.ts';
import { refuseWithVia } from '../via/refusals.ts';
import { launchAndAsk } from './rerun.ts';

export interface UploadScriptOptions
  extends ShowOptions, RolloutOptions, InventoryFileOptions, PickOptions, StragglerOptions, SudoOptions, CheckOptions {
  /** false for --no-files */
  readonly files?: string | false;
  readonly limit?: readonly string[];
  readonly exclude?: readonly string[];
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly copyOnly?: boolean;
  readonly remotePath?: string;
  readonly cleanup?: boolean;
  /** false for --no-cache */
  readonly cache?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly detach?: boolean;
  readonly exclusive?: boolean;
  readonly onlyMissing?: boolean;
  readonly onDisconnect?: string;
  /** true: as long as the configuration says */
  readonly waitReady?: string | true;
  readonly onInterruption?: string;
  /** false for --no-sync */
  readonly sync?: boolean;
  readonly connectTimeout?: string;
  readonly uploadTimeout?: string;
  readonly timeout?: string;
  readonly retries?: string;
  readonly concurrency?: string;
  readonly forks?: string;
  readonly via?: string;
}

const FLAG_KEYS: FlagKeys = {
  ...STRAGGLER_KEYS,
  files: { key: 'files_dir', flag: '--files' },
  connectTimeout: { key: 'limits.connect_timeout', flag: '--connect-timeout' },
  uploadTimeout: { key: 'limits.upload_timeout', flag: '--upload-timeout' },
  timeout: { key: 'limits.execution_timeout', flag: '--timeout' },
  retries: { key: 'limits.retries', flag: '--retries' },
  waitReady: { key: 'limits.ready_timeout', flag: '--wait-ready' },
  onDisconnect: { key: 'limits.on_disconnect', flag: '--on-disconnect' },
  onInterruption: { key: 'interruption.signal', flag: '--on-interruption' },
  forks: { key: 'limits.concurrency', flag: '--forks' },
  concurrency: { key: 'limits.concurrency', flag: '--concurrency' },
};

/** What the command line and the configuration add up to, before any instance is looked at. */
export interface Order {
  readonly options: UploadScriptOptions;
  readonly config: Config;
  readonly args: readonly string[];
  /** given at run time */
  readonly environment: ReadonlyMap<string, Secret>;
  readonly rollout: RolloutRequest;
  /** as in `Plan` */
  readonly sudo: string | undefined;
}

/**
 * `spot upload-script`: payload → selection → plan → run → report.
 * @param given the path of a script, or the name of a registered payload; without it a person is asked
 */
export async function uploadScript(
  given: string | undefined,
  args: readonly string[],
  options: UploadScriptOptions,
  io: Io,
): Promise<number> {
  if (options.via !== undefined) refuseWithVia(options);
  refuseWithoutScript(given, options, io);
  const order = await readOrder(args, options, io);
  const word = given ?? (await pickScript(order.config, options.via === undefined, io));
  if (options.via !== undefined) {
    const { uploadScriptVia } = await import('../via/upload-script-via.ts');
    return uploadScriptVia(word, options.via, order, io);
  }
  const { config } = order;
  return withState(config, io, async (state) => {
    const request = { ...order, state, io };
    const chosen = await chooseSource(word, request);
    const packed = await syncWhile(request, () => openSource(chosen, request));
    const { fit, makeKnown } = await chooseInstances(request);
    const source = packed ?? (await openSource(chosen, request));
    const lacking = options.onlyMissing ? withoutThoseThatHaveIt(fit, order, source, state, io) : fit;
    const selection = await picked(lacking, options, io);
    const plan = fitToOpenFiles(planOf(order, source, selection, io), selection.chosen.length, io);
    const findings = await source.findings;
    if (options.dryRun)
      return showPlan(plan, { selection: describeSelection(selection), findings }, { options, state, io });
    requireSound(findings, options, io);
    if (!options.quiet) io.stderr.write(`${describeSelection(selection)}\n`);
    if (plan.targets.length === 0) return nothingToRun(plan, options, io);
    await requireConsent(proposalOf(plan, source.label), options, config, io);
    const sudoPassword = await readSudoPassword(plan.sudo, options, io);
    makeKnown();
    await source.register();
    const { environment } = source;
    return launchAndAsk({ plan, environment, sudoPassword, options, config, state, io });
  });
}

/** @throws SpotError for whatever does not fit together, or is not there */
export async function readOrder(
  args: readonly string[],
  options: UploadScriptOptions,
  io: Io,
  moreKeys: FlagKeys = {},
): Promise<Order> {
  refuseWrongUse(options, args);
  refusePickUnasked(options, io);
  const sudo = sudoUserOf(options);
  const rollout = readRollout(options);
  const config = await readConfig(options, io, { ...FLAG_KEYS, ...moreKeys });
  const environment = await readEnvironment(options.env ?? [], options.envFile ?? [], io);
  return { options, config, args, environment, rollout, sudo };
}

const EXCLUSIVE: readonly Contradiction<UploadScriptOptions>[] = [
  ['dryRun', 'jsonLines'],
  ['copyOnly', 'env'],
  ['copyOnly', 'envFile'],
  ['copyOnly', 'cleanup'],
  ['copyOnly', 'detach'],
  ['maxFail', 'failFast'],
];

function refuseWrongUse(options: UploadScriptOptions, args: readonly string[]): void {
  refuseContradictions(options, EXCLUSIVE);
  if (options.copyOnly && args.length > 0) refuseBoth('--copy-only', 'arguments of the script');
  refuseToLeave(options);
  refuseStragglers(options);
  if (options.detach && options.onDisconnect === 'kill') refuseBoth('--detach', '--on-disconnect kill');
  if (options.remotePath !== undefined) checkRemotePath(options.remotePath, '--remote-path');
}

/** What counts is what the plan would ask of an instance, not who asked for it, nor how. */
function withoutThoseThatHaveIt(
  selection: FilteredSelection,
  order: Order,
  source: PayloadSource,
  state: State,
  io: Io,
): FilteredSelection {
  return onlyMissing(selection, state.runs.successes(planKeyOf(planOf(order, source, selection, io))));
}

/** Every instance has it: there is no run to speak of. */
function nothingToRun({ skipped, payload }: Plan, { json, quiet }: UploadScriptOptions, io: Io): number {
  if (!quiet) io.stderr.write(`nothing to do: no instance lacks ${harmless(payload.manifest.metadata.name)}\n`);
  if (json) io.stdout.write(`${JSON.stringify(idleDocument(skipped), null, 2)}\n`);
  return ExitCode.ok;
}

export function planOf(
  order: Order,
  source: Pick<PayloadSource, 'payload' | 'environment'>,
  selection: Selection,
  io: Io,
): Plan {
  const { options, config, args, rollout, sudo } = order;
  const mode = options.copyOnly ? 'copy' : 'run';
  const detached = options.detach ?? false;
  return makePlan(
    {
      payload: source.payload,
      selection,
      args,
      environment: [...source.environment.keys()],
      mode,
      remotePath: options.remotePath ?? null,
      cleanup: options.cleanup ?? false,
      transfer: config.ssh.transfer,
      // whoever leaves on purpose is not gone
      limits: options.detach ? { ...config.limits, leaseMs: null } : config.limits,
      rollout,
      interruption: config.interruption,
      retries: config.limits.retries,
      readyTimeoutMs: options.waitReady === undefined ? null : config.limits.readyTimeoutMs,
      tracksPayload: false,
      exclusiveFor: options.exclusive ? `${io.user}@${hostname()}` : null,
      useCache: options.cache ?? true,
      detached,
      ...stragglersOf(config, { mode, detached }),
      sudo,
      username: config.aws.username,
    },
    io,
  );
}
