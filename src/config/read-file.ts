import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reasonOf } from '../util/system-error.ts';
import type { ConfigSources } from './config.ts';
import { expandPath } from './expand-path.ts';
import type { Entry } from './setting.ts';

/** A place where a config file may be. */
interface Candidate {
  /** absolute */
  readonly path: string;
  /** as messages name it */
  readonly label: string;
  /** must it exist? */
  readonly required: boolean;
}

/**
 * Reads the config files, the one that goes first first: `--config FILE` or `./config.yaml`, then
 * `$XDG_CONFIG_HOME/spot/config.yaml`. Both are read, so that a project's file may leave out what the user's own has.
 */
export async function readConfigFiles(sources: ConfigSources): Promise<readonly Entry[]> {
  if (sources.configFile === '') return [{ source: 'flag', message: '--config: the name of the file is empty' }];
  const nearer = projectFile(sources);
  const farther = userFile(sources);
  const candidates = farther.path === nearer.path ? [nearer] : [nearer, farther];
  return (await Promise.all(candidates.map(readCandidate))).flat();
}

/** The config files that are there, as messages name them, the one that goes first first. */
export function configFilesThere(sources: Pick<ConfigSources, 'configFile' | 'env' | 'cwd' | 'home'>): string[] {
  const places = [projectFile(sources), userFile(sources)];
  const there = places.filter(({ path }, index) => existsSync(path) && (index === 0 || path !== places[0]?.path));
  return there.map(({ label }) => label);
}

function projectFile({ configFile, cwd, home }: Pick<ConfigSources, 'configFile' | 'cwd' | 'home'>): Candidate {
  const label = configFile ?? 'config.yaml';
  return { path: expandPath(label, cwd, home), label, required: configFile !== null };
}

/** As in the XDG Base Directory specification, a relative or empty XDG_CONFIG_HOME counts as not set. */
function userFile({ env, home }: Pick<ConfigSources, 'env' | 'home'>): Candidate {
  const base = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(home, '.config');
  const path = resolve(base, 'spot', 'config.yaml');
  return { path, label: path, required: false };
}

async function readCandidate(candidate: Candidate): Promise<readonly Entry[]> {
  let text: string;
  try {
    text = await readFile(candidate.path, 'utf8');
  } catch (error) {
    return unreadable(candidate, error as NodeJS.ErrnoException);
  }
  // yaml costs start-up time, and most commands run without any config file
  const { readYaml } = await import('./read-yaml.ts');
  return readYaml(text, candidate.label);
}

function unreadable({ label, required }: Candidate, error: NodeJS.ErrnoException): readonly Entry[] {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
    return [{ source: 'file', message: `${label}: the file cannot be read: ${reasonOf(error)}; check the path` }];
  }
  return required
    ? [{ source: 'file', message: `${label}: there is no such file; check the path behind --config` }]
    : [];
}
