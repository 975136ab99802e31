import type { AgentAuthMethod, ParsedKey, PublicKeyAuthMethod } from 'ssh2';
import { configError, type Problem, type SpotError } from '../../model/errors.ts';
import { plural } from '../../util/format.ts';
import type { AgentKey } from './agent.ts';
import { readPublicKey } from './key-file.ts';
import type { AgentContent, Keyring } from './keyring.ts';
import type { ResolvedHop } from './ssh-config-hop.ts';

/** Which keys to log in with. Paths are absolute. */
export interface IdentityRequest {
  /** the configured key: it must be usable, and `identityFiles` do not count then */
  readonly privateKeyPath: string | null;
  /** if given, it must be the public half of the configured key */
  readonly publicKeyPath: string | null;
  /** tried in order; those that are missing or unusable are passed over */
  readonly identityFiles: readonly string[];
  /** of the agent's keys, only those that the files above name */
  readonly identitiesOnly: boolean;
  /** the agent's socket, or null for no agent */
  readonly agentSocket: string | null;
}

/** What the configuration says about keys. */
export interface IdentitySettings {
  readonly privateKeyPath: string | null;
  readonly publicKeyPath: string | null;
  /** SSH_AUTH_SOCK, or null */
  readonly agentSocket: string | null;
}

/** @param isJump on the way to an instance: it may want another key than the configured one */
export function identityRequestOf(hop: ResolvedHop, settings: IdentitySettings, isJump: boolean): IdentityRequest {
  const { identityFiles, identitiesOnly, identityAgent } = hop;
  const { privateKeyPath, publicKeyPath, agentSocket } = settings;
  const configured = privateKeyPath === null || !isJump ? [] : [privateKeyPath];
  return {
    privateKeyPath: isJump ? null : privateKeyPath,
    publicKeyPath: isJump ? null : publicKeyPath,
    identityFiles: [...configured, ...identityFiles],
    identitiesOnly,
    agentSocket: identityAgent === 'none' ? null : (identityAgent ?? agentSocket),
  };
}

/** A key to log in with: one we hold, or one that an agent signs with. */
export interface Identity {
  /** the file, or what the agent calls it */
  readonly label: string;
  /** in wire format */
  readonly publicKey: Buffer;
  readonly means:
    | { readonly type: 'publickey'; readonly key: ParsedKey }
    | { readonly type: 'agent'; readonly agent: AgentKey['agent'] };
}

export interface IdentitySet {
  /** in the order in which they are tried; at least one */
  readonly identities: readonly Identity[];
  /** sentences about keys that are not used */
  readonly notices: readonly string[];
}

const NO_AGENT: AgentContent = { keys: [], problem: null };
/** sshd hangs up after this many keys it does not take (`MaxAuthTries`, 6 by default). */
const MAX_IDENTITIES = 6;

/**
 * Finds the keys to log in with: the configured one or the files that exist, then the other keys of the agent.
 * A key that the agent holds is never decrypted here, so that nobody is asked for its passphrase.
 * @param keyring shared by the whole run, so that every key is read once
 * @throws SpotError (exit 78) where the configured key cannot be used, or there is no key at all
 */
export async function loadIdentities(request: IdentityRequest, keyring: Keyring): Promise<IdentitySet> {
  const agent = request.agentSocket === null ? NO_AGENT : await keyring.agent(request.agentSocket);
  const agentKeys = agent.keys;
  const problems: Problem[] = [];
  const identities: Identity[] = [];
  for (const path of request.privateKeyPath === null ? request.identityFiles : [request.privateKeyPath]) {
    const found = await identityOf(path, agentKeys, keyring);
    if ('publicKey' in found) identities.push(found);
    else if (request.privateKeyPath !== null) throw configError(found.code, found.message);
    else if (found.code !== 'key-missing') problems.push(found);
  }
  await checkPublicKey(request, identities);
  const all = request.identitiesOnly ? identities : withAgentKeys(identities, agentKeys);
  const notices = [agent.problem, ...problems.map(({ message }) => message)].filter((notice) => notice !== null);
  if (all.length === 0) throw noKeyError(request, problems, agent.problem);
  const surplus = all.slice(MAX_IDENTITIES);
  if (surplus.length > 0) notices.push(surplusNotice(surplus));
  return { identities: all.slice(0, MAX_IDENTITIES), notices };
}

/**
 * The value of ssh2's `authHandler`: public keys only, never `none`, which would cost a round trip. It can be used for
 * any number of connections.
 */
export function authMethods(set: IdentitySet, user: string): (PublicKeyAuthMethod | AgentAuthMethod)[] {
  return set.identities.map(({ means }) => ({ ...means, username: user }));
}

async function identityOf(path: string, agentKeys: readonly AgentKey[], keyring: Keyring): Promise<Identity | Problem> {
  const file = await keyring.file(path);
  if (file.kind === 'unusable') return file.problem;
  if (file.kind === 'open') return ownIdentity(path, file.key);
  const publicKey = file.kind === 'missing' ? null : file.publicKey;
  const held = agentKeyOf(publicKey ?? (await readPublicKey(`${path}.pub`)), agentKeys);
  if (held !== null) return agentIdentity(held, path);
  if (file.kind === 'public') return file.problem;
  if (file.kind === 'missing') return missingProblem(path);
  const unlocked = await keyring.unlock(path, file);
  return 'code' in unlocked ? unlocked : ownIdentity(path, unlocked);
}

function missingProblem(path: string): Problem {
  const advice = 'correct aws.private_ssh_key_path, or leave it out to use ssh-agent and the keys in ~/.ssh';
  return { code: 'key-missing', message: `the SSH key ${path} does not exist; ${advice}` };
}

function agentKeyOf(publicKey: Buffer | null, agentKeys: readonly AgentKey[]): AgentKey | null {
  if (publicKey === null) return null;
  return agentKeys.find((key) => key.publicKey.equals(publicKey)) ?? null;
}

function ownIdentity(path: string, key: ParsedKey): Identity {
  return { label: path, publicKey: key.getPublicSSH(), means: { type: 'publickey', key } };
}

function agentIdentity({ publicKey, agent }: AgentKey, label: string): Identity {
  return { label, publicKey, means: { type: 'agent', agent } };
}

function withAgentKeys(identities: readonly Identity[], agentKeys: readonly AgentKey[]): Identity[] {
  const others = agentKeys.filter((key) => !identities.some(({ publicKey }) => publicKey.equals(key.publicKey)));
  return [...identities, ...others.map((key) => agentIdentity(key, key.comment))];
}

async function checkPublicKey(request: IdentityRequest, identities: readonly Identity[]): Promise<void> {
  const { privateKeyPath, publicKeyPath } = request;
  const [configured] = identities;
  if (privateKeyPath === null || publicKeyPath === null || configured === undefined) return;
  const publicKey = await readPublicKey(publicKeyPath);
  if (publicKey === null) {
    const message = `aws.public_ssh_key_path ${publicKeyPath} is missing or no public SSH key; correct it or leave it out`;
    throw configError('public-key-unreadable', message);
  }
  if (publicKey.equals(configured.publicKey)) return;
  const message = `the public key ${publicKeyPath} does not belong to the private key ${privateKeyPath}; correct one of the two`;
  throw configError('public-key-mismatch', message);
}

/** Where there are keys, but none that can be used, the first one's trouble is what the user has to know. */
function noKeyError(
  { identityFiles }: IdentityRequest,
  problems: readonly Problem[],
  agentProblem: string | null,
): SpotError {
  const [first] = problems;
  if (first !== undefined) return configError(first.code, first.message);
  const files = identityFiles.length === 0 ? '' : ` (looked for ${identityFiles.join(', ')})`;
  const agent = agentProblem === null ? '' : `; ${agentProblem}`;
  const advice = 'set aws.private_ssh_key_path, or add a key to ssh-agent';
  return configError('no-key', `there is no SSH key to log in with${files}${agent}; ${advice}`);
}

function surplusNotice(surplus: readonly Identity[]): string {
  const labels = surplus.map(({ label }) => label).join(', ');
  const reason = `sshd hangs up after ${MAX_IDENTITIES} keys`;
  return `${plural(surplus.length, 'SSH key')} too many, not tried (${labels}): ${reason}; name the right one as aws.private_ssh_key_path`;
}
