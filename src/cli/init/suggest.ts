import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../io.ts';
import type { Decisions } from './config-text.ts';
import { findAws, type FoundAws } from './found-aws.ts';
import { findHosts, type FoundHost } from './found-hosts.ts';
import { findKeys, type FoundKeys, publicKeyBeside } from './found-keys.ts';

/** What a machine tells about how its user works. */
export interface Found {
  readonly keys: FoundKeys;
  readonly aws: FoundAws;
  readonly hosts: readonly FoundHost[];
  /** there is a folder ./files */
  readonly hasFiles: boolean;
}

/** Answers that were given by flags. */
export interface GivenAnswers {
  readonly user?: string;
  readonly key?: string;
  readonly region?: readonly string[];
  readonly profile?: string;
  readonly files?: string;
  readonly stateDir?: string;
  /** false for --no-aws */
  readonly aws?: boolean;
}

/** Instances in EC2, looked up with a profile, or with null as the environment says. */
export interface AwsAnswer {
  readonly profile: string | null;
}

export async function findAll(io: Io): Promise<Found> {
  const [keys, aws, hosts] = await Promise.all([findKeys(io), findAws(io), findHosts(io)]);
  const files = statSync(join(io.cwd, 'files'), { throwIfNoEntry: false });
  return { keys, aws, hosts, hasFiles: files?.isDirectory() === true };
}

/** All answers that were found, under those that were given. */
export function suggest(found: Found, given: GivenAnswers, home: string): Decisions {
  const key = given.key ?? suggestedKey(found.keys);
  const aws = suggestedAws(found.aws, given);
  const region = aws === null ? null : suggestedRegion(found.aws, aws);
  return {
    username: given.user ?? null,
    ...keysOf(key, home),
    regions: given.region ?? (region === null ? [] : [region]),
    profile: aws?.profile ?? null,
    stateDir: given.stateDir ?? null,
    filesDir: given.files ?? (found.hasFiles ? './files' : null),
  };
}

/** @param key null: the agent and the usual files */
export function keysOf(key: string | null, home: string): Pick<Decisions, 'privateKey' | 'publicKey'> {
  return { privateKey: key, publicKey: key === null ? null : publicKeyBeside(key, home) };
}

/** What the agent holds is tried anyway. */
function suggestedKey({ agent, files }: FoundKeys): string | null {
  return agent.length > 0 ? null : (files[0] ?? null);
}

/** @returns null where nothing says that there are instances in EC2, or where it is not clear whose */
export function suggestedAws(found: FoundAws, { aws, profile }: GivenAnswers): AwsAnswer | null {
  if (aws === false) return null;
  if (profile !== undefined) return { profile };
  if (found.profileInUse !== null) return { profile: found.profileInUse };
  const [first, ...others] = found.profiles;
  if (found.hasKeys || first?.name === 'default') return { profile: null };
  return first === undefined || others.length > 0 ? null : { profile: first.name };
}

/** That of the profile, unless the environment says otherwise, as for the tools of AWS. */
export function suggestedRegion({ regionInUse, profiles }: FoundAws, { profile }: AwsAnswer): string | null {
  return regionInUse ?? profiles.find(({ name }) => name === (profile ?? 'default'))?.region ?? null;
}
