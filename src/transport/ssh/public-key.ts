import { join } from 'node:path';
import { configError } from '../../model/errors.ts';
import { keyTextOf, keyTypeOf } from './fingerprint.ts';
import { readPublicKey } from './key-file.ts';
import type { Keyring } from './keyring.ts';
import { DEFAULT_IDENTITY_FILES } from './ssh-config-hop.ts';

export interface PublicKeyRequest {
  /** the configured ones, absolute, or null */
  readonly publicKeyPath: string | null;
  readonly privateKeyPath: string | null;
  /** home directory, absolute: where ssh's default keys are */
  readonly home: string;
  /** the agent's socket, or null for no agent */
  readonly agentSocket: string | null;
}

/** What EC2 gives to instances: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html */
const TYPES: readonly string[] = ['ssh-ed25519', 'ssh-rsa'];

/**
 * The public half of the key to log in with, as a line of a `.pub` file: the configured file, or what belongs to the
 * configured private key, or else the first of ssh's default keys or of the agent's that EC2 takes. No key is decrypted.
 * @throws SpotError (exit 78) where there is none
 */
export async function findPublicKey(request: PublicKeyRequest, keyring: Keyring): Promise<string> {
  const { publicKeyPath, privateKeyPath, home, agentSocket } = request;
  if (publicKeyPath !== null) return checked(publicKeyPath, await readPublicKey(publicKeyPath));
  if (privateKeyPath !== null) return checked(privateKeyPath, await publicHalfOf(privateKeyPath, keyring));
  const files = DEFAULT_IDENTITY_FILES.map((name) => join(home, '.ssh', name));
  const halves = await Promise.all(files.map((file) => publicHalfOf(file, keyring)));
  const agent = agentSocket === null ? [] : (await keyring.agent(agentSocket)).keys;
  const keys = [...halves.filter((half) => half !== null), ...agent.map(({ publicKey }) => publicKey)].map(keyTextOf);
  const key = keys.find((text) => TYPES.includes(keyTypeOf(text)));
  if (key !== undefined) return key;
  const where = `neither ${files.join(', ')} nor ssh-agent has one of type ed25519 or rsa`;
  throw configError('no-public-key', `there is no SSH key to give to new instances: ${where}; set ${BOTH}`);
}

const BOTH = 'aws.private_ssh_key_path and aws.public_ssh_key_path';

function checked(path: string, publicKey: Buffer | null): string {
  if (publicKey === null) {
    const message = `there is no public SSH key in ${path}, nor beside it; set ${BOTH}`;
    throw configError('public-key-unreadable', message);
  }
  const text = keyTextOf(publicKey);
  if (TYPES.includes(keyTypeOf(text))) return text;
  const message = `EC2 does not take the SSH key ${path}: it is of type ${keyTypeOf(text)}; set aws.private_ssh_key_path to one of type ed25519 or rsa`;
  throw configError('public-key-unsupported', message);
}

/** From the file itself where that tells, or from the one beside it. */
async function publicHalfOf(path: string, keyring: Keyring): Promise<Buffer | null> {
  const file = await keyring.file(path);
  if (file.kind === 'open') return file.key.getPublicSSH();
  const own = file.kind === 'encrypted' || file.kind === 'public' ? file.publicKey : null;
  return own ?? readPublicKey(`${path}.pub`);
}
