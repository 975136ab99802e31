import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { describeNotReady, describeSelection } from '../../inventory/describe-selection.ts';
import { expandSelectors } from '../../inventory/expand-selectors.ts';
import { requireTargets } from '../../inventory/require-targets.ts';
import { type FilteredSelection, selectInstances } from '../../inventory/select.ts';
import type { Payload } from '../../model/payload.ts';
import type { Plan } from '../../model/plan.ts';
import { removeAbandoned } from '../../payload/abandoned.ts';
import { packPayload } from '../../payload/pack.ts';
import type { ScannedTree } from '../../payload/entries.ts';
import { scanFiles } from '../../payload/scan.ts';
import { readScript, type Script } from '../../payload/script.ts';
import { harmless } from '../../report/text.ts';
import { makePlan } from '../../run/plan.ts';
import type { State } from '../../state/state.ts';
import type { Secret } from '../../util/secret.ts';
import { type Contradiction, refuseBoth, refuseContradictions } from '../contradictions.ts';
import { type FlagKeys, readConfig, withState } from '../context.ts';
import type { ShowOptions } from '../drive.ts';
import { readEnvironment } from '../environment.ts';
import type { Io } from '../io.ts';
import { launch, requireConsent } from '../launch.ts';
import { fitToOpenFiles } from '../open-files.ts';
import { showPlan } from '../plan-view.ts';
import { checkRemotePath } from '../remote-path.ts';

export interface UploadScriptOptions extends ShowOptions {
  /** false for --no-files */
  readonly files?: string | false;
  readonly limit?: readonly string[];
  readonly exclude?: readonly string[];
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly copyOnly?: boolean;
  readonly remotePath?: string;
  readonly cleanup?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly detach?: boolean;
  readonly exclusive?: boolean;
  readonly onDisconnect?: string;
}

const FLAG_KEYS: FlagKeys = {
  files: { key: 'files_dir', flag: '--files' },
  connectTimeout: { key: 'limits.connect_timeout', flag: '--connect-timeout' },
  uploadTimeout: { key: 'limits.upload_timeout', flag: '--upload-timeout' },
  timeout: { key: 'limits.execution_timeout', flag: '--timeout' },
  retries: { key: 'limits.retries', flag: '--retries' },
  onDisconnect: { key: 'limits.on_disconnect', flag: '--on-disconnect' },
  forks: { key: 'limits.concurrency', flag: '--forks' },
  concurrency: { key: 'limits.concurrency', flag: '--concurrency' },
};

/** What the command line, the configuration and the files add up to, before any instance is looked at. */
interface Order {
  readonly options: UploadScriptOptions;
  readonly config: Config;
  readonly script: Script;
  readonly args: readonly string[];
  readonly environment: ReadonlyMap<string, Secret>;
}

/** `spot upload-script`: payload → selection → plan → run → report. */
export async function uploadScript(
  scriptPath: string,
  args: readonly string[],
  options: UploadScriptOptions,
  io: Io,
): Promise<number> {
  refuseWrongUse(options, args);
  const config = await readConfig(options, io, FLAG_KEYS);
  const environment = await readEnvironment(options.env ?? [], options.envFile ?? [], io);
  const script = await readScript(scriptPath, { maxBytes: config.limits.scriptMaxBytes });
  for (const warning of script.warnings) io.stderr.write(`spot: warning: ${warning}\n`);
  const order = { options, config, script, args, environment };
  return withState(config, io, async (state) => {
    const selection = select(options, state);
    requireTargets(selection, state.path);
    const notReady = describeNotReady(selection);
    if (notReady !== null) io.stderr.write(`spot: warning: ${harmless(notReady)}\n`);
    const payload = await pack(order, io);
    const plan = fitToOpenFiles(planOf(order, selection, payload, io), selection.chosen.length, io);
    if (options.dryRun) return showPlan(plan, describeSelection(selection), options.json === true, io);
    if (!options.quiet) io.stderr.write(`${describeSelection(selection)}\n`);
    await requireConsent(plan, options, io);
    return launch({ plan, environment, options, config, state, io });
  });
}

const EXCLUSIVE: readonly Contradiction<UploadScriptOptions>[] = [
  ['dryRun', 'jsonLines'],
  ['copyOnly', 'env'],
  ['copyOnly', 'envFile'],
  ['copyOnly', 'cleanup'],
  ['copyOnly', 'detach'],
];

function refuseWrongUse(options: UploadScriptOptions, args: readonly string[]): void {
  refuseContradictions(options, EXCLUSIVE);
  if (options.copyOnly && args.length > 0) refuseBoth('--copy-only', 'arguments of the script');
  if (options.detach && options.onDisconnect === 'kill') refuseBoth('--detach', '--on-disconnect kill');
  if (options.remotePath !== undefined) checkRemotePath(options.remotePath);
}

function select({ limit, exclude }: UploadScriptOptions, state: State): FilteredSelection {
  const expand = (flag: string, words: readonly string[] = []): string[] =>
    expandSelectors(words, { flag, readFile: (path) => readFileSync(path, 'utf8') });
  const filter = { limit: expand('--limit', limit), exclude: expand('--exclude', exclude) };
  return selectInstances(state.instances.list(), filter);
}

/** One archive for all instances; a files folder that nobody named may be missing. */
async function pack({ options, config, script, environment }: Order, io: Io): Promise<Payload> {
  const tree = options.files === false ? null : await scanUnlessAbsent(config);
  const outDir = join(config.stateDir, 'payloads');
  await removeAbandoned(outDir, io.clock.now());
  return packPayload({ script, tree, environment: [...environment.keys()], name: script.name, outDir });
}

/** The state is never sent, as `--files .` would otherwise do, with every payload sent before. */
async function scanUnlessAbsent({ filesDir, filesDirGiven, stateDir }: Config): Promise<ScannedTree | null> {
  try {
    return await scanFiles(filesDir, stateDir);
  } catch (error) {
    if (!filesDirGiven && (error as { code?: string }).code === 'files-missing') return null;
    throw error;
  }
}

function planOf(order: Order, selection: FilteredSelection, payload: Payload, io: Io): Plan {
  const { options, config, args, environment } = order;
  return makePlan(
    {
      payload,
      selection,
      args,
      environment: [...environment.keys()],
      mode: options.copyOnly ? 'copy' : 'run',
      remotePath: options.remotePath ?? null,
      cleanup: options.cleanup ?? false,
      transfer: config.ssh.transfer,
      // whoever leaves on purpose is not gone
      limits: options.detach ? { ...config.limits, leaseMs: null } : config.limits,
      retries: config.limits.retries,
      exclusiveFor: options.exclusive ? `${io.user}@${hostname()}` : null,
      detached: options.detach ?? false,
      username: config.aws.username,
    },
    io,
  );
}
