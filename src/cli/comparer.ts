import type { Config } from '../config/config.ts';
import { noInstanceError, SpotError, usageError } from '../model/errors.ts';
import { labelOf } from '../model/instance.ts';
import type { StreamName } from '../run/outputs.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import type { RunRecord } from '../state/runs.ts';
import type { State } from '../state/state.ts';
import { plural } from '../util/format.ts';
import { type ComparedOutput, fingerprint, groupOutputs, isComparable } from './compared-output.ts';
import type { Comparison } from './diff-view.ts';
import { findRun, isCalled } from './recorded-run.ts';
import { logsDirOf } from './retention.ts';

/** What is compared: the instances of a run among each other, or pairs of outputs. */
export type Finding =
  | { readonly kind: 'groups'; readonly runId: string; readonly groups: readonly ComparedOutput[][] }
  | { readonly kind: 'pairs'; readonly pairs: readonly Comparison[] };

/** Finds out what the words mean, and reads the outputs. */
export class Comparer {
  readonly stream: StreamName;
  /** labels of the instances that were meant and have nothing to compare */
  readonly notCompared: string[] = [];
  readonly #run: RunRecord;
  readonly #attempts: readonly AttemptRecord[];
  readonly #config: Config;
  readonly #state: State;

  constructor(run: RunRecord, stream: StreamName, config: Config, state: State) {
    this.stream = stream;
    this.#run = run;
    this.#attempts = state.runs.attempts(run.id);
    this.#config = config;
    this.#state = state;
  }

  async compare(words: readonly string[]): Promise<Finding> {
    if (words.length === 0) return this.#groups();
    const meant = words.map((word) => this.#meaningOf(word));
    const instances = meant.filter((each): each is AttemptRecord => !isRun(each));
    const [run, second] = meant.filter(isRun);
    if (second !== undefined) throw usageError('many-runs', 'three runs cannot be compared; name two');
    if (run !== undefined) return { kind: 'pairs', pairs: await this.#acrossRuns(run, instances[0] ?? null) };
    const [a, b] = instances as [AttemptRecord, AttemptRecord?];
    return { kind: 'pairs', pairs: [b === undefined ? await this.#withMajority(a) : await this.#pair(a, b)] };
  }

  async #groups(): Promise<Finding> {
    const outputs = await this.#read(this.#attempts);
    if (outputs.length > 0) return { kind: 'groups', runId: this.#run.id, groups: groupOutputs(outputs) };
    const { id } = this.#run;
    throw nothingToCompare(`no script of run ${id} was run to its end; see: spot show ${id}`);
  }

  /** @throws SpotError (exit 69) for a word that is neither */
  #meaningOf(word: string): AttemptRecord | RunRecord {
    const attempt = this.#attempts.find((each) => isCalled(each, word));
    if (attempt !== undefined) return attempt;
    try {
      return findRun(word, this.#state);
    } catch (error) {
      if (!(error instanceof SpotError) || error.code !== 'no-such-run') throw error;
      const { id } = this.#run;
      throw noInstanceError(
        'not-in-run',
        `${word} is neither an instance of run ${id} nor a run; see: spot show ${id}`,
      );
    }
  }

  async #pair(a: AttemptRecord, b: AttemptRecord): Promise<Comparison> {
    const [left, right] = (await this.#readAll([a, b])) as [ComparedOutput, ComparedOutput];
    return { left, right, leftTitle: labelOf(a), rightTitle: labelOf(b) };
  }

  async #withMajority(a: AttemptRecord): Promise<Comparison> {
    const [right] = (await this.#readAll([a])) as [ComparedOutput];
    const outputs = await this.#read(this.#attempts);
    const [most] = groupOutputs(outputs) as [ComparedOutput[]];
    const leftTitle = `${most.length} of ${plural(outputs.length, 'instance')}`;
    return { left: most[0] as ComparedOutput, right, leftTitle, rightTitle: labelOf(a) };
  }

  /** Each instance that has an output in both runs; one that has it in one of them only is named. */
  async #acrossRuns(other: RunRecord, instance: AttemptRecord | null): Promise<Comparison[]> {
    const theirs = new Map(this.#state.runs.attempts(other.id).map((attempt) => [attempt.instanceId, attempt]));
    const pairs = (instance === null ? this.#attempts : [instance]).flatMap((a) => {
      const b = theirs.get(a.instanceId);
      theirs.delete(a.instanceId);
      if (b !== undefined && isComparable(a) && isComparable(b)) return [[a, b] as const];
      this.notCompared.push(labelOf(a));
      return [];
    });
    if (instance === null) this.notCompared.push(...[...theirs.values()].map(labelOf));
    if (pairs.length === 0) {
      throw nothingToCompare(`no instance has an output in both runs, ${this.#run.id} and ${other.id}`);
    }
    const left = await this.#readAll(pairs.map(([a]) => a));
    const right = await this.#readAll(pairs.map(([, b]) => b));
    return pairs.map(([a], index) => ({
      left: left[index] as ComparedOutput,
      right: right[index] as ComparedOutput,
      leftTitle: `${labelOf(a)} in run ${this.#run.id}`,
      rightTitle: `${labelOf(a)} in run ${other.id}`,
    }));
  }

  /** Those of them that have something to compare; the others are named. */
  #read(attempts: readonly AttemptRecord[]): Promise<ComparedOutput[]> {
    this.notCompared.push(...attempts.filter((attempt) => !isComparable(attempt)).map(labelOf));
    return this.#readAll(attempts.filter(isComparable));
  }

  /** @throws SpotError (exit 69) where the script of one was not run, or has not ended */
  #readAll(attempts: readonly AttemptRecord[]): Promise<ComparedOutput[]> {
    const stranger = attempts.find((attempt) => !isComparable(attempt));
    if (stranger !== undefined) {
      const why = stranger.outcome === null ? 'has not ended' : 'was not run';
      const message = `the script ${why} on ${labelOf(stranger)} in run ${stranger.runId}; see: spot show ${stranger.runId}`;
      throw nothingToCompare(message);
    }
    const [first] = attempts;
    return first === undefined
      ? Promise.resolve([])
      : fingerprint(attempts, this.stream, logsDirOf(this.#config, first.runId));
  }
}

function isRun(meant: AttemptRecord | RunRecord): meant is RunRecord {
  return !('instanceId' in meant);
}

function nothingToCompare(message: string): SpotError {
  return noInstanceError('nothing-to-compare', message);
}
