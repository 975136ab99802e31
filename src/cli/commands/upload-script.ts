import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { describeSelection } from '../../inventory/describe-selection.ts';
import { expandSelectors } from '../../inventory/expand-selectors.ts';
import { requireTargets } from '../../inventory/require-targets.ts';
import { type FilteredSelection, selectInstances } from '../../inventory/select.ts';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { Payload } from '../../model/payload.ts';
import type { Plan } from '../../model/plan.ts';
import { packPayload } from '../../payload/pack.ts';
import { scanFiles } from '../../payload/scan.ts';
import { readScript, type Script } from '../../payload/script.ts';
import { executePlan } from '../../run/execute.ts';
import { makePlan } from '../../run/plan.ts';
import type { State } from '../../state/state.ts';
import { plural } from '../../util/format.ts';
import type { Secret } from '../../util/secret.ts';
import { colorOf, type FlagKeys, type GlobalOptions, readConfig, withState } from '../context.ts';
import { readEnvironment } from '../environment.ts';
import { listenForInterrupts } from '../interrupt.ts';
import type { Io } from '../io.ts';
import { copyOutputs } from '../output-dir.ts';
import { showPlan } from '../plan-view.ts';
import { canAsk, confirm } from '../prompt.ts';
import { checkRemotePath } from '../remote-path.ts';
import { logsDirOf, openSshTransport } from '../ssh.ts';

export interface UploadScriptOptions extends GlobalOptions {
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
  readonly json?: boolean;
  readonly jsonLines?: boolean;
  readonly outputDir?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

const FLAG_KEYS: FlagKeys = {
  files: { key: 'files_dir', flag: '--files' },
  connectTimeout: { key: 'limits.connect_timeout', flag: '--connect-timeout' },
  uploadTimeout: { key: 'limits.upload_timeout', flag: '--upload-timeout' },
  timeout: { key: 'limits.execution_timeout', flag: '--timeout' },
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
  refuseContradictions(options);
  const config = await readConfig(options, io, FLAG_KEYS);
  const environment = await readEnvironment(options.env ?? [], options.envFile ?? [], io);
  const script = await readScript(scriptPath, { maxBytes: config.limits.scriptMaxBytes });
  for (const warning of script.warnings) io.stderr.write(`spot: warning: ${warning}\n`);
  const order = { options, config, script, args, environment };
  return withState(config, io, async (state) => {
    const selection = select(options, state);
    requireTargets(selection, state.path);
    const payload = await pack(order);
    const plan = planOf(order, selection, payload, io);
    if (options.dryRun) return showPlan(plan, describeSelection(selection), options.json === true, io);
    if (!options.quiet) io.stderr.write(`${describeSelection(selection)}\n`);
    if (!(await isWanted(plan, script, options, io))) return ExitCode.ok;
    return run(plan, order, state, io);
  });
}

function refuseContradictions({
  json,
  jsonLines,
  quiet,
  verbose,
  copyOnly,
  env,
  remotePath,
}: UploadScriptOptions): void {
  const both = (a: string, b: string): never => {
    throw usageError('contradiction', `${a} and ${b} exclude each other; leave one of them out`);
  };
  if (json && jsonLines) both('--json', '--json-lines');
  if (quiet && verbose) both('--quiet', '--verbose');
  if (copyOnly && env) both('--copy-only', '--env');
  if (remotePath !== undefined) checkRemotePath(remotePath);
}

function select({ limit, exclude }: UploadScriptOptions, state: State): FilteredSelection {
  const expand = (words: readonly string[] | undefined): string[] =>
    expandSelectors(words ?? [], (path) => readFileSync(path, 'utf8'));
  return selectInstances(state.instances.list(), { limit: expand(limit), exclude: expand(exclude) });
}

/** One archive for all instances; a files folder that nobody named may be missing. */
async function pack({ options, config, script, environment }: Order): Promise<Payload> {
  const { filesDir, filesDirGiven, stateDir } = config;
  const tree = options.files === false ? null : await scanUnlessAbsent(filesDir, filesDirGiven);
  const outDir = join(stateDir, 'payloads');
  return packPayload({ script, tree, environment: [...environment.keys()], name: script.name, outDir });
}

async function scanUnlessAbsent(filesDir: string, given: boolean) {
  try {
    return await scanFiles(filesDir);
  } catch (error) {
    if (!given && (error as { code?: string }).code === 'files-missing') return null;
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
      limits: config.limits,
      username: config.aws.username,
    },
    io,
  );
}

/** A person is asked before several instances are touched; a pipeline is not. */
async function isWanted(plan: Plan, script: Script, { yes }: UploadScriptOptions, io: Io): Promise<boolean> {
  if (yes || plan.targets.length === 1 || !canAsk(io)) return true;
  const verb = plan.mode === 'copy' ? 'Copy' : 'Run';
  const where = plan.mode === 'copy' ? 'to' : 'on';
  return confirm(io, `${verb} ${script.name} ${where} ${plural(plan.targets.length, 'instance')}?`, true);
}

async function run(plan: Plan, order: Order, state: State, io: Io): Promise<number> {
  const { options, config, environment } = order;
  const { createReports } = await import('../../report/choose.ts');
  const transport = await openSshTransport(config, io);
  const notices = await transport.prepare(plan.targets.map(({ host }) => host));
  for (const notice of notices) io.stderr.write(`spot: warning: ${notice}\n`);
  const reports = await createReports({
    format: options.json ? 'json' : options.jsonLines ? 'json-lines' : 'auto',
    stdout: io.stdout,
    stderr: io.stderr,
    env: io.env,
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
    color: colorOf(options),
    clock: io.clock,
    cwd: io.cwd,
  });
  const interrupt = listenForInterrupts(io);
  const copies = options.outputDir === undefined ? null : copyOutputs(options.outputDir, io);
  try {
    const result = await executePlan(plan, {
      transport,
      ledger: state.ledger,
      emit: (event) => {
        reports.emit(event);
        copies?.(event);
      },
      clock: io.clock,
      logsDir: logsDirOf(config, plan.runId),
      environment,
      signal: interrupt.signal,
    });
    return interrupt.exitCode() ?? result.exitCode;
  } finally {
    interrupt.clear();
    await reports.close();
    await transport.close();
  }
}
