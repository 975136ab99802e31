import { configError, usageError } from '../model/errors.ts';
import type { SpotError } from '../model/errors.ts';
import type { Config, ConfigSources } from './config.ts';
import { normalise } from './normalise.ts';
import { readEnvironment } from './read-environment.ts';
import { readConfigFiles } from './read-file.ts';
import { readFlags } from './read-flags.ts';
import { brokenRules } from './rules.ts';
import type { ConfigProblem } from './setting.ts';
import { settle } from './settle.ts';

/**
 * Settles the configuration, key by key: flags go before `SPOT_*` variables, these before `--config FILE` or
 * `./config.yaml`, that before `$XDG_CONFIG_HOME/spot/config.yaml`, and the defaults come last.
 *
 * @throws SpotError whose message has one line for each problem of all sources: `flag-invalid` (exit 64) where a flag
 * is among them, else `config-invalid` (exit 78)
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { values, given, problems } = settle([
    ...readFlags(sources.flags, sources.flagNames),
    ...readEnvironment(sources.env),
    ...(await readConfigFiles(sources)),
  ]);
  const config = normalise(values, (key) => given.has(key), sources.cwd, sources.home);
  const all = [...problems, ...brokenRules(config, given)];
  if (all.length > 0) throw asError(all);
  return config;
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
  if (all.length > 0) throw asError(all);
}

function asError(problems: readonly ConfigProblem[]): SpotError {
  const message = problems.map((problem) => problem.message).join('\n');
  return problems.some(({ source }) => source === 'flag')
    ? usageError('flag-invalid', message)
    : configError('config-invalid', message);
}
