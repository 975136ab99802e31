import { configError, usageError } from '../model/errors.ts';
import type { SpotError } from '../model/errors.ts';
import type { Config, ConfigSources } from './config.ts';
import { expandPath } from './expand-path.ts';
import { type EffectiveSetting, effectiveSettings } from './effective.ts';
import { normalise } from './normalise.ts';
import { readEnvironment } from './read-environment.ts';
import { type ConfigFile, readConfigFiles } from './read-file.ts';
import { readFlags } from './read-flags.ts';
import { brokenRules } from './rules.ts';
import type { ConfigProblem } from './setting.ts';
import { settle } from './settle.ts';

/** The configuration with where it comes from, and all that is wrong with it. */
export interface ConfigReading {
  /** without the values that are not accepted */
  readonly config: Config;
  /** of every key, in the order of the schema */
  readonly settings: readonly EffectiveSetting[];
  /** that were looked for, the one that goes first first */
  readonly files: readonly ConfigFile[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * Settles the configuration, key by key: flags go before `SPOT_*` variables, these before `--config FILE` or
 * `./config.yaml`, that before `$XDG_CONFIG_HOME/spot/config.yaml`, and the defaults come last.
 *
 * @throws SpotError whose message has one line for each problem of all sources: `flag-invalid` (exit 64) where a flag
 * is among them, else `config-invalid` (exit 78)
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { config, problems } = await inspectConfig(sources);
  if (problems.length > 0) throw problemsAsError(problems);
  return config;
}

/** As `loadConfig`, for who wants to know all of it: whatever is wrong is a value. */
export async function inspectConfig(sources: ConfigSources): Promise<ConfigReading> {
  const { cwd, home } = sources;
  const { entries, files } = await readConfigFiles(sources);
  const settled = settle([...readFlags(sources.flags, sources.flagNames), ...readEnvironment(sources.env), ...entries]);
  const config = normalise(settled.values, (key) => settled.given.has(key), cwd, home);
  const settings = effectiveSettings(settled, config, (path) => expandPath(path, cwd, home));
  return { config, settings, files, problems: [...settled.problems, ...brokenRules(config, settled.given)] };
}

/**
 * Whether a text would do as a config file, all by itself.
 * @param label how messages name it
 * @throws SpotError `config-invalid` (exit 78), a line for each problem
 */
export async function checkConfigText(
  text: string,
  label: string,
  { cwd, home }: Pick<ConfigSources, 'cwd' | 'home'>,
): Promise<void> {
  const { readYaml } = await import('./read-yaml.ts');
  const { values, given, problems } = settle(readYaml(text, label));
  const config = normalise(values, (key) => given.has(key), cwd, home);
  const all = [...problems, ...brokenRules(config, given)];
  if (all.length > 0) throw problemsAsError(all);
}

/** One line for each problem. */
export function problemsAsError(problems: readonly ConfigProblem[]): SpotError {
  const message = problems.map((problem) => problem.message).join('\n');
  return problems.some(({ source }) => source === 'flag')
    ? usageError('flag-invalid', message)
    : configError('config-invalid', message);
}
