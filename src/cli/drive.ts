import type { RunResult } from '../model/attempt.ts';
import type { RunEvent, Subscriber } from '../model/event.ts';
import { createStamps } from '../run/stamps.ts';
import type { RunDeps } from '../run/deps.ts';
import { createFates } from '../fleet/fates.ts';
import type { SudoPassword } from '../run/sudo-password.ts';
import type { Config } from '../config/config.ts';
import type { Host } from '../model/plan.ts';
import { createReports, type ReportOptions, type Reports } from '../report/choose.ts';
import type { State } from '../state/state.ts';
import type { Keyring } from '../transport/ssh/keyring.ts';
import type { Secret } from '../util/secret.ts';
import { type AfterRunOptions, nextWords, openAfterRun } from './after-run.ts';
import { openCloud } from './cloud.ts';
import { colorOf, type GlobalOptions } from './context.ts';
import { adviceFor, Interrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { LiveTerminal } from './live-terminal.ts';
import { copyOutputs } from './output-dir.ts';
import { keepHistoryShort, logsDirOf } from './retention.ts';
import { openSshTransport } from './ssh.ts';

/** Flags that say how a run is shown. */
export interface ShowOptions extends GlobalOptions, AfterRunOptions {
  readonly json?: boolean;
  readonly jsonLines?: boolean;
  readonly outputDir?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export interface DriveRequest {
  readonly runId: string;
  readonly hosts: readonly Host[];
  readonly environment: ReadonlyMap<string, Secret>;
  /** for sudo on the instances; null where none is known, left out where nothing is started */
  readonly sudoPassword?: SudoPassword | null;
  /** leave what runs running as soon as it has started */
  readonly detached: boolean;
  /** keys that are open already */
  readonly keyring?: Keyring;
  /** false: nothing runs over there, so that there is nothing to ask about at Ctrl-C; true by default */
  readonly runsScripts?: boolean;
  /** told everything that the reports are told */
  readonly onEvent?: Subscriber;
  readonly options: ShowOptions;
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
}

/**
 * Builds what a run needs, lets `work` run it, shows it, listens for signals, and closes everything again.
 * @returns the exit code
 */
export async function drive(request: DriveRequest, work: (deps: RunDeps) => Promise<RunResult>): Promise<number> {
  const { runId, options, config, state, io } = request;
  const transport = await openSshTransport(config, state, io, request.keyring);
  const notices = await transport.prepare(request.hosts);
  for (const notice of notices) io.stderr.write(`spot: warning: ${notice}\n`);
  const copies = options.outputDir === undefined ? null : copyOutputs(options.outputDir, io);
  const afterRun = openAfterRun(options, copies, io);
  const reports = await openReports(options, io, { next: () => nextWords(runId, options, state) });
  const terminal = new LiveTerminal(io, reports);
  const interrupt = new Interrupt(io, {
    advice: () => adviceFor(runId),
    isBusy: () => request.runsScripts ?? true,
    suspend: () => terminal.suspend(),
    resume: () => terminal.resume(),
  });
  terminal.attend(interrupt);
  const fates = createFates(() => openCloud(config, io), io.clock);
  let result: RunResult;
  try {
    const emit = (event: RunEvent): void => {
      reports.emit(event);
      afterRun.emit(event);
      request.onEvent?.(event);
    };
    const detach = request.detached ? AbortSignal.abort() : interrupt.detach;
    result = await work(depsOf(request, { transport, fates, emit, signal: interrupt.cancel, detach }));
  } finally {
    interrupt.clear();
    await reports.close();
    await transport.close();
    await fates.close();
    await terminal.close();
    await afterRun.close();
  }
  await keepHistoryShort(config, state, io);
  if (result.running.length > 0) io.stderr.write(adviceFor(runId));
  return interrupt.exitCode ?? result.exitCode;
}

/** What a run needs, put together. */
export function depsOf(
  { runId, environment, sudoPassword, config, state, io }: Omit<DriveRequest, 'hosts' | 'detached' | 'options'>,
  parts: Pick<RunDeps, 'transport' | 'fates' | 'emit' | 'signal' | 'detach'>,
): RunDeps {
  return {
    ...parts,
    ledger: state.ledger,
    clock: io.clock,
    random: io.random,
    stamp: createStamps(io.clock, io.pid),
    logsDir: logsDirOf(config, runId),
    environment,
    ...(sudoPassword ? { sudoPassword } : {}),
  };
}

export async function openReports(
  options: ShowOptions,
  io: Io,
  more: Pick<ReportOptions, 'live' | 'next'> = {},
): Promise<Reports> {
  return createReports({
    format: options.json ? 'json' : options.jsonLines ? 'json-lines' : 'auto',
    stdout: io.stdout,
    stderr: io.stderr,
    env: io.env,
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
    color: colorOf(options),
    clock: io.clock,
    cwd: io.cwd,
    ...more,
  });
}
