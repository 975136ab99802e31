import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { expandSelectors } from '../../inventory/expand-selectors.ts';
import { compileWord } from '../../inventory/match.ts';
import { inputError, noInstanceError, usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { Target } from '../../model/plan.ts';
import { remotePaths } from '../../remote/job.ts';
import { labelInstances } from '../../report/labels.ts';
import { CancelledError } from '../../run/explain.ts';
import { fetchFiles, type FetchDeps, type FetchSource } from '../../run/fetch.ts';
import { parsePattern, type RemotePattern } from '../../run/fetch/pattern.ts';
import { folderNames, openWorkplace, type Workplace } from '../../run/fetch/workplace.ts';
import { planOfRun } from '../../run/recorded-plan.ts';
import type { AttemptRecord } from '../../state/attempts.ts';
import type { State } from '../../state/state.ts';
import { mapBounded } from '../../util/bounded.ts';
import { parseDuration, parseSize } from '../../util/parse-quantity.ts';
import { reasonOf } from '../../util/system-error.ts';
import { type FlagKeys, type GlobalOptions, readConfig, withState } from '../context.ts';
import { closingSentence, documentOf, exitCodeOf, type FetchReport, linesOf } from '../fetch-view.ts';
import type { Io } from '../io.ts';
import { fitToOpenFiles } from '../open-files.ts';
import { pickedInstances, type PickOptions, refusePickUnasked } from '../pick.ts';
import { findRun } from '../recorded-run.ts';
import { openSshTransport } from '../ssh.ts';

export interface FetchOptions extends GlobalOptions, PickOptions {
  readonly to?: string;
  readonly limit?: readonly string[];
  readonly force?: boolean;
  readonly maxBytes: string;
  readonly timeout: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const FLAG_KEYS: FlagKeys = {
  connectTimeout: { key: 'limits.connect_timeout', flag: '--connect-timeout' },
  concurrency: { key: 'limits.concurrency', flag: '--concurrency' },
  retries: { key: 'limits.retries', flag: '--retries' },
};

/** What is fetched, as far as no instance is asked for it. */
interface Errand {
  readonly pattern: RemotePattern;
  readonly sources: readonly (FetchSource & { readonly label: string })[];
  readonly silenceMs: number;
  readonly maxBytes: number;
  readonly concurrency: number;
  readonly options: FetchOptions;
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
}

/** `spot fetch`: brings files of a run home, checked by their digests. */
export async function fetch(word: string, text: string, options: FetchOptions, io: Io): Promise<number> {
  refusePickUnasked(options, io);
  const pattern = parsePattern(text);
  const silenceMs = quantityOf('--timeout', options.timeout, parseDuration, 'a time such as 60s');
  const maxBytes = quantityOf('--max-bytes', options.maxBytes, parseSize, 'a size such as 500MB');
  const config = await readConfig(options, io, FLAG_KEYS);
  return withState(config, io, async (state) => {
    const run = findRun(word, state);
    const plan = planOfRun(run, state);
    const to = resolve(io.cwd, options.to ?? join('fetched', run.id));
    const all = sourcesOf(plan.targets, state.runs.attempts(run.id), to, options.limit ?? []);
    const sources = options.pick ? await pickedInstances(all, ({ target }) => target.instance, io) : all;
    const limits = { ...plan.limits, concurrency: config.limits.concurrency };
    const { concurrency } = fitToOpenFiles({ ...plan, limits }, sources.length, io).limits;
    const errand = { pattern, sources, silenceMs, maxBytes, concurrency, options, config, state, io };
    const workplace = await makeWorkplace(to, io);
    try {
      const { reports, exitCode } = await runErrand(errand, workplace);
      if (options.json) io.stdout.write(`${JSON.stringify(documentOf(reports, run.id, text), null, 2)}\n`);
      if (!options.quiet)
        io.stderr.write(`${closingSentence(reports)}\nFiles: ${options.to ?? join('fetched', run.id)}\n`);
      return exitCode ?? exitCodeOf(reports);
    } finally {
      await workplace.remove();
    }
  });
}

function quantityOf(flag: string, text: string, parse: (text: string) => number | null, example: string): number {
  const value = parse(text);
  if (value !== null && value > 0) return value;
  throw usageError('bad-value', `${flag} '${text}' cannot be read; give ${example}`);
}

async function makeWorkplace(to: string, io: Io): Promise<Workplace> {
  try {
    return await openWorkplace(to, io.clock.now());
  } catch (error) {
    throw inputError(
      'fetch-folder',
      `${to} cannot be written (${reasonOf(error)}); choose another folder with --to`,
      error,
    );
  }
}

/** The instances of the run that are meant, each with its folder. */
function sourcesOf(
  targets: readonly Target[],
  attempts: readonly AttemptRecord[],
  to: string,
  limit: readonly string[],
): Errand['sources'] {
  const names = folderNames(attempts);
  const labels = labelInstances(attempts);
  const sources = targets.map((target, index) => {
    const attempt = attempts[index] as AttemptRecord;
    const label = labels.get(attempt.instanceId) as string;
    return { target, label, remoteDir: filesFolderOf(attempt), folder: join(to, names[index] as string) };
  });
  const words = expandSelectors(limit, { flag: '--limit', readFile: (path) => readFileSync(path, 'utf8') });
  if (words.length === 0) return sources;
  const matchers = words.map((word) => {
    const matches = compileWord(word);
    if (targets.some(({ instance }) => matches(instance))) return matches;
    throw noInstanceError('not-in-run', `${word} matches no instance of the run; leave --limit out for all of them`);
  });
  return sources.filter(({ target }) => matchers.some((matches) => matches(target.instance)));
}

/** Of an attempt that has not ended, or whose end nobody saw, it is where it was to be. */
function filesFolderOf({ outcome, remoteDir, stamp }: AttemptRecord): string | null {
  return outcome === null || outcome === 'lost' ? remotePaths(stamp).deploy : remoteDir;
}

/** @returns `exitCode` where a signal ended it */
async function runErrand(
  errand: Errand,
  workplace: Workplace,
): Promise<{ reports: FetchReport[]; exitCode: number | null }> {
  const { sources, config, state, io } = errand;
  const cancel = new AbortController();
  setMaxListeners(0, cancel.signal);
  let exitCode: number | null = null;
  const stopListening = io.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    if (cancel.signal.aborted) io.exitNow(exitCode ?? ExitCode.interrupted);
    exitCode = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
    cancel.abort(new CancelledError(signal === 'SIGINT' ? 'Ctrl-C' : signal));
  });
  const transport = await openSshTransport(config, state, io);
  try {
    const hosts = sources.map(({ target }) => target.host);
    for (const notice of await transport.prepare(hosts)) io.stderr.write(`spot: warning: ${notice}\n`);
    const deps = { ...depsOf(errand, workplace), transport, signal: cancel.signal };
    const reports = await mapBounded(sources, errand.concurrency, (source) => fetchOne(source, errand, deps));
    return { reports, exitCode };
  } finally {
    stopListening();
    await transport.close();
  }
}

function depsOf(errand: Errand, workplace: Workplace): Omit<FetchDeps, 'transport' | 'signal' | 'notice'> {
  const { pattern, silenceMs, maxBytes, options, config, state, io } = errand;
  return {
    pattern,
    silenceMs,
    maxBytes,
    connectTimeoutMs: config.limits.connectTimeoutMs,
    retries: config.limits.retries,
    force: options.force === true,
    workplace: workplace.path,
    random: io.random,
    nonce: randomUUID,
    pin: (instanceId, hostKey) => state.ledger.hostKeyPinned(instanceId, hostKey),
  };
}

async function fetchOne(
  source: Errand['sources'][number],
  { options, pattern, io }: Errand,
  deps: Omit<FetchDeps, 'notice'>,
): Promise<FetchReport> {
  const { label, folder, target } = source;
  const say = (line: string): unknown => io.stderr.write(`${line}\n`);
  const notice = (message: string): unknown => say(`${label}  ${message}`);
  const result = await fetchFiles(source, { ...deps, notice });
  const { instanceId, name } = target.instance;
  const report = { ...result, instanceId, name, label, folder, host: target.host };
  if (!options.quiet || exitCodeOf([report]) !== ExitCode.ok) linesOf(report, pattern.text).forEach(say);
  return report;
}
