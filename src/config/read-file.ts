import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reasonOf } from '../util/system-error.ts';
import type { ConfigSources } from './config.ts';
import { expandPath } from './expand-path.ts';
import type { Entry } from './setting.ts';

/** A file that was looked for, and what came of it. */
export interface ConfigFile {
  /** absolute */
  readonly path: string;
  readonly status: 'read' | 'missing' | 'unreadable';
}

/** What the files say, and which they are; those that go first first. */
export interface FileReading {
  readonly entries: readonly Entry[];
  readonly files: readonly ConfigFile[];
}

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
export async function readConfigFiles(sources: ConfigSources): Promise<FileReading> {
  if (sources.configFile === '') {
    return { entries: [{ source: 'flag', message: '--config: the name of the file is empty' }], files: [] };
  }
  const nearer = projectFile(sources);
  const farther = userFile(sources);
  const candidates = farther.path === nearer.path ? [nearer] : [nearer, farther];
  const readings = await Promise.all(candidates.map(readCandidate));
  return {
    entries: readings.flatMap(({ entries }) => entries),
    files: readings.map(({ status }, index) => ({ path: (candidates[index] as Candidate).path, status })),
  };
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

interface CandidateReading extends Pick<ConfigFile, 'status'> {
  readonly entries: readonly Entry[];
}

async function readCandidate(candidate: Candidate): Promise<CandidateReading> {
  let text: string;
  try {
    text = await readFile(candidate.path, 'utf8');
  } catch (error) {
    return unreadable(candidate, error as NodeJS.ErrnoException);
  }
  // yaml costs start-up time, and most commands run without any config file
  const { readYaml } = await import('./read-yaml.ts');
  return { status: 'read', entries: readYaml(text, candidate.label) };
}

function unreadable({ label, required }: Candidate, error: NodeJS.ErrnoException): CandidateReading {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
    const message = `${label}: the file cannot be read: ${reasonOf(error)}; check the path`;
    return { status: 'unreadable', entries: [{ source: 'file', message }] };
  }
  const message = `${label}: there is no such file; check the path behind --config`;
  return { status: 'missing', entries: required ? [{ source: 'file', message }] : [] };
}
