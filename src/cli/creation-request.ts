import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { checkInstanceName, MOST_CREATED, MOST_VALUE_CHARACTERS } from '../fleet/creation-rules.ts';
import { parseTags } from '../inventory/tags.ts';
import { inputError, usageError } from '../model/errors.ts';
import { CREATION_TAG, type CreationRequest } from '../model/creation.ts';
import { reasonOf } from '../util/system-error.ts';
import type { FlagKeys } from './context.ts';
import type { Io } from './io.ts';

/** Flags that say what is to be created, besides those that stand for a key of the configuration. */
export interface CreationFlags {
  readonly count?: string;
  readonly instanceType?: readonly string[];
  readonly region?: readonly string[];
  readonly ami?: string;
  readonly image?: string;
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly maxPrice?: string;
  readonly onDemand?: boolean;
  readonly userData?: string;
  readonly subnet?: string;
  readonly securityGroup?: string;
  readonly clientToken?: string;
}

/** Lists are joined by `asKeys`. */
export const CREATION_KEYS: FlagKeys = {
  regions: { key: 'aws.regions', flag: '--region' },
  instanceTypes: { key: 'aws.instance_types', flag: '--instance-type' },
  ami: { key: 'aws.ami', flag: '--ami' },
  image: { key: 'aws.image', flag: '--image' },
  subnet: { key: 'aws.subnet', flag: '--subnet' },
  securityGroup: { key: 'aws.security_group', flag: '--security-group' },
};

/** The flags that may be repeated, as the configuration takes lists in one text. */
export function asKeys({ region, instanceType }: CreationFlags): Record<string, string> {
  return {
    ...(region === undefined ? {} : { regions: region.join(',') }),
    ...(instanceType === undefined ? {} : { instanceTypes: instanceType.join(',') }),
  };
}

/** In raw form: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const MOST_USER_DATA_BYTES = 16 * 1024;
/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions; one is ours */
const MOST_TAGS = 49;
const MOST_KEY_CHARACTERS = 128;

/**
 * What the command line and the configuration ask for.
 * @throws SpotError (exit 64) for what makes no sense
 */
export function requestOf(
  flags: CreationFlags,
  { aws }: Config,
  userData: Buffer | null,
): Omit<CreationRequest, 'publicKey'> {
  refuseOneRegionThings(aws);
  return {
    clientToken: flags.clientToken === undefined ? null : readToken(flags.clientToken),
    count: readCount(flags.count ?? '1'),
    lifecycle: flags.onDemand ? 'on-demand' : 'spot',
    instanceTypes: aws.instanceTypes,
    regions: aws.regions,
    maxPrice: flags.maxPrice === undefined ? null : readPrice(flags.maxPrice),
    imageId: aws.ami,
    system: aws.image,
    sshUser: aws.username,
    subnetId: aws.subnet,
    securityGroup: aws.securityGroup,
    sshFrom: aws.sshFrom,
    userDataDigest: userData === null ? null : createHash('sha256').update(userData).digest('hex'),
    tags: tagsOf(flags, aws.tags),
  };
}

/** @throws SpotError (exit 66) */
export async function readUserData(file: string, { cwd }: Pick<Io, 'cwd'>): Promise<Buffer> {
  const content = await readFile(isAbsolute(file) ? file : join(cwd, file)).catch((error: unknown) => {
    throw inputError('user-data', `--user-data ${file} cannot be read (${reasonOf(error)}); check the path`, error);
  });
  if (content.length <= MOST_USER_DATA_BYTES) return content;
  const message = `--user-data ${file} has ${content.length} bytes, and EC2 takes ${MOST_USER_DATA_BYTES}; send the rest with --payload`;
  throw inputError('user-data-too-large', message);
}

function readCount(word: string): number {
  const count = /^\d+$/.test(word) ? Number(word) : 0;
  if (count >= 1 && count <= MOST_CREATED) return count;
  const message = `--count: ${JSON.stringify(word)} is not a whole number from 1 to ${MOST_CREATED}`;
  throw usageError('flag-invalid', message);
}

function readPrice(word: string): string {
  if (/^\d{1,4}(\.\d{1,6})?$/.test(word) && Number(word) > 0) return word;
  const message = `--max-price: ${JSON.stringify(word)} is not a price; write US dollars an hour like 0.05`;
  throw usageError('flag-invalid', message);
}

/** It is a part of client tokens of EC2, which have 64 characters at most. */
function readToken(word: string): string {
  if (/^[\w.-]{1,48}$/.test(word)) return word;
  const message = `--client-token: ${JSON.stringify(word)} cannot be used; take up to 48 letters, digits, '-', '_' and '.'`;
  throw usageError('flag-invalid', message);
}

/** In the order of their keys: whoever names them in another order asks for the same. */
function tagsOf({ name, tag = [] }: CreationFlags, configured: Config['aws']['tags']): Record<string, string> {
  const own = parseTags(tag);
  if (name !== undefined && own['Name'] !== undefined) {
    throw usageError('contradiction', '--name and --tag Name=… mean the same; leave one of them out');
  }
  for (const [key, value] of Object.entries(own)) checkTag(key, value, configured);
  const all = { ...configured, ...own, ...(name === undefined ? {} : { Name: checkInstanceName(name, '--name') }) };
  if (Object.keys(all).length <= MOST_TAGS) {
    return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  throw usageError(
    'too-many-tags',
    `${Object.keys(all).length} tags are too many; EC2 takes ${MOST_TAGS} and one of ours`,
  );
}

function checkTag(key: string, value: string, configured: Config['aws']['tags']): void {
  if (key.startsWith('aws:') || key === CREATION_TAG) {
    const who = key === CREATION_TAG ? 'spot' : 'AWS';
    throw usageError('bad-tag', `--tag ${key}: tags of that name are set by ${who} itself; choose another name`);
  }
  if (key.length > MOST_KEY_CHARACTERS || value.length > MOST_VALUE_CHARACTERS) {
    const most = `${MOST_KEY_CHARACTERS} characters, and a value ${MOST_VALUE_CHARACTERS}`;
    throw usageError('bad-tag', `--tag ${key.slice(0, 40)}…: a tag's name has at most ${most}`);
  }
  const wanted = configured[key];
  if (wanted === undefined || wanted === value) return;
  const message = `--tag ${key}=${value} contradicts aws.tags, which has ${key}=${wanted}: instances with other tags are not looked at`;
  throw usageError('contradiction', message);
}

/** @throws SpotError (exit 64) for what exists in one region only, where several are meant */
function refuseOneRegionThings({ regions, ami, subnet, securityGroup }: Config['aws']): void {
  const group = securityGroup?.startsWith('sg-') ? securityGroup : null;
  const thing = [ami, subnet, group].find((id) => id !== null);
  if (regions.length === 1 || thing === undefined) return;
  const message = `${thing} is in one region, and ${regions.length} are given (${regions.join(', ')}); say which with --region`;
  throw usageError('one-region', message);
}
