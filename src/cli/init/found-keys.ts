import { open, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { harmless } from '../../report/text.ts';
import { listAgentKeys } from '../../transport/ssh/agent.ts';
import type { Io } from '../io.ts';

/** Keys that one could log in with. */
export interface FoundKeys {
  /** what the agent calls its keys, harmless */
  readonly agent: readonly string[];
  /** of private keys in ~/.ssh, as `~/.ssh/id_ed25519`; those that ssh tries by itself first */
  readonly files: readonly string[];
}

/** In the order in which they are tried. */
const USUAL = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** Enough for the first line of a key. */
const HEAD_BYTES = 64;

/** What cannot be read or asked is not there. */
export async function findKeys({ env, home }: Pick<Io, 'env' | 'home'>): Promise<FoundKeys> {
  const socket = env['SSH_AUTH_SOCK'];
  const held = socket ? listAgentKeys(socket).catch(() => []) : [];
  const [agent, files] = await Promise.all([held, keyFilesIn(join(home, '.ssh'))]);
  return { agent: agent.map(({ comment }) => harmless(comment)), files: files.map((name) => `~/.ssh/${name}`) };
}

/** The file of the other half, where it lies beside a private key. @param path as `findKeys` gives it */
export function publicKeyBeside(path: string, home: string): string | null {
  return existsSync(`${path.replace(/^~(?=\/)/, home)}.pub`) ? `${path}.pub` : null;
}

async function keyFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const candidates = names.filter((name) => !/\.pub$|^known_hosts|^config$|^authorized_keys/.test(name));
  const areKeys = await Promise.all(candidates.map((name) => isPrivateKey(join(folder, name))));
  const rank = (name: string): number => (USUAL.includes(name) ? USUAL.indexOf(name) : USUAL.length);
  return candidates.filter((_, index) => areKeys[index]).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

async function isPrivateKey(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return /^-----BEGIN (?:\w+ )*PRIVATE KEY-----/.test(buffer.toString('latin1', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
