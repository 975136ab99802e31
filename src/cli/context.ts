import { readFileSync } from 'node:fs';
import type { Config, ConfigSources } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { expandSelectors } from '../inventory/expand-selectors.ts';
import { compileWord } from '../inventory/match.ts';
import { noInstanceError } from '../model/errors.ts';
import type { Instance } from '../model/instance.ts';
import { openState, type State } from '../state/state.ts';
import type { Io } from './io.ts';

/** Flags that every command knows, as commander gives them. */
export interface GlobalOptions {
  readonly config?: string;
  readonly stateDir?: string;
  readonly color: 'auto' | 'always' | 'never' | false;
}

/** Flags that stand for a configuration key, by their name in commander's options. */
export type FlagKeys = Readonly<Record<string, { readonly key: string; readonly flag: string }>>;

const GLOBAL_FLAGS: FlagKeys = { stateDir: { key: 'state_dir', flag: '--state-dir' } };

/** The configuration with this command's flags on top. */
export async function readConfig(options: GlobalOptions, io: Io, flagKeys: FlagKeys = {}): Promise<Config> {
  return loadConfig(configSources(options, io, flagKeys));
}

/** What the configuration is read from. */
export function configSources(options: GlobalOptions, io: Io, flagKeys: FlagKeys = {}): ConfigSources {
  const flags = new Map<string, string>();
  const flagNames = new Map<string, string>();
  for (const [name, { key, flag }] of Object.entries({ ...GLOBAL_FLAGS, ...flagKeys })) {
    const value = (options as unknown as Record<string, unknown>)[name];
    if (typeof value !== 'string') continue;
    flags.set(key, value);
    flagNames.set(key, flag);
  }
  return { flags, flagNames, configFile: options.config ?? null, env: io.env, cwd: io.cwd, home: io.home };
}

/** Opens the state for as long as `work` takes. */
export async function withState<T>(config: Config, io: Io, work: (state: State) => Promise<T> | T): Promise<T> {
  const state = openState(config.stateDir, { clock: io.clock, user: io.user, database: config.database });
  try {
    return await work(state);
  } finally {
    state.close();
  }
}

/** What `--color` means in the end, for the report. */
export function colorOf({ color }: GlobalOptions): 'auto' | 'always' | 'never' {
  return color === false ? 'never' : color;
}

/** The instances that words like those of `--limit` mean, whatever their state. */
export async function instancesFor(words: readonly string[], fleet: readonly Instance[]): Promise<Instance[]> {
  const expanded = expandSelectors(words, { flag: null, readFile: (path) => readFileSync(path, 'utf8') });
  for (const word of expanded) {
    if (fleet.some(compileWord(word))) continue;
    throw noInstanceError('no-such-instance', `${word} matches no instance; see what there is with: spot list`);
  }
  const matchers = expanded.map(compileWord);
  return fleet.filter((instance) => matchers.some((matches) => matches(instance)));
}
