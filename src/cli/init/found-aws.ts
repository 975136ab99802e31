import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Io } from '../io.ts';

/** What the files and the environment of the AWS tools tell, without a word to AWS. */
export interface FoundAws {
  /** by name, the default one first */
  readonly profiles: readonly FoundProfile[];
  /** of AWS_PROFILE, or null */
  readonly profileInUse: string | null;
  /** of AWS_REGION or AWS_DEFAULT_REGION, or null */
  readonly regionInUse: string | null;
  /** the environment holds keys */
  readonly hasKeys: boolean;
}

export interface FoundProfile {
  readonly name: string;
  /** null where it names none */
  readonly region: string | null;
}

type Surroundings = Pick<Io, 'env' | 'home'>;

/** Files that are missing or cannot be read tell nothing. */
export async function findAws({ env, home }: Surroundings): Promise<FoundAws> {
  const [config, credentials] = await Promise.all([
    read(env['AWS_CONFIG_FILE'] || join(home, '.aws/config')),
    read(env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws/credentials')),
  ]);
  return {
    profiles: profilesIn(config, credentials),
    profileInUse: env['AWS_PROFILE'] || null,
    regionInUse: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || null,
    hasKeys: Boolean(env['AWS_ACCESS_KEY_ID']),
  };
}

/** Sections of `config` are `[profile NAME]` or `[default]`, those of `credentials` the names alone. */
export function profilesIn(config: string, credentials: string): FoundProfile[] {
  const regions = new Map<string, string | null>();
  for (const [section, region] of sectionsOf(config)) {
    const name = section === 'default' ? section : /^profile\s+(.+)$/.exec(section)?.[1];
    if (name !== undefined) regions.set(name, region);
  }
  for (const [name, region] of sectionsOf(credentials)) regions.set(name, regions.get(name) ?? region);
  const profiles = [...regions].map(([name, region]) => ({ name, region }));
  const rank = (name: string): number => (name === 'default' ? 0 : 1);
  return profiles.sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}

function sectionsOf(text: string): Map<string, string | null> {
  const sections = new Map<string, string | null>();
  let section: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*(.+?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) {
      section = header.replace(/["']/g, '');
      sections.set(section, sections.get(section) ?? null);
    }
    const region = /^region\s*=\s*([^\s#;]+)/.exec(line)?.[1];
    if (region !== undefined && section !== null) sections.set(section, region);
  }
  return sections;
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
