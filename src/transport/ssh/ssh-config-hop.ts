import { join } from 'node:path';
import type { Host } from '../../model/plan.ts';
import { hostNameOf, type Settings } from './ssh-config-evaluate.ts';
import { lineError, type ConfigLine } from './ssh-config-line.ts';
import { expandPath, expandTilde, type TokenValues } from './ssh-tokens.ts';

/** One machine to log in to, every setting filled in. */
export interface ResolvedHop {
  readonly user: string;
  /** the HostName where ssh_config has one */
  readonly address: string;
  readonly port: number;
  /** private keys to try, absolute, in order; need not exist. ssh's default names where ssh_config has no IdentityFile */
  readonly identityFiles: readonly string[];
  /** of the agent's keys, only those that `identityFiles` name */
  readonly identitiesOnly: boolean;
  /** the socket of an agent, `none`, or null for the one of the environment */
  readonly identityAgent: string | null;
  /** the name to look up in known_hosts instead of the address */
  readonly hostKeyAlias: string | null;
  /** the user's known_hosts files, then the machine's; need not exist */
  readonly knownHostsFiles: readonly string[];
}

/** Where `SshConfig` gets from what the surrounding knows. */
export interface SshConfigContext {
  /** home directory, absolute */
  readonly home: string;
  /** who runs this program: `%u`, `Match localuser`, and who logs in to a jump host that names no user */
  readonly localUser: string;
  /** for `${NAME}` in paths and `IdentityAgent $NAME` */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_PORT = 22;
/** OpenSSH's defaults, as far as the ssh2 package can use them, the strongest first. */
export const DEFAULT_IDENTITY_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const DEFAULT_USER_KNOWN_HOSTS = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
const DEFAULT_GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

/**
 * Fills in one machine: what was given with the host, then its settings, then the defaults.
 * @throws SpotError (exit 78) for a bad port, a bad flag, or a token that is not understood
 */
export function hopOf(host: Host, defaultUser: string, settings: Settings, context: SshConfigContext): ResolvedHop {
  const { first } = settings;
  const user = host.user ?? first.get('user')?.words[0] ?? defaultUser;
  const port = host.port ?? portOf(first.get('port'));
  const address = hostNameOf(host.address, first);
  const hostKeyAlias = first.get('hostkeyalias')?.words[0] ?? null;
  const { home, env, localUser } = context;
  const names = { d: home, h: address, k: hostKeyAlias ?? host.address, n: host.address };
  const tokens = { ...names, p: String(port), r: user, u: localUser };
  const values: TokenValues = { tokens, env, home };
  return {
    user,
    address,
    port,
    identityFiles: identityFilesOf(settings.identityFiles, values),
    identitiesOnly: flagOf(first.get('identitiesonly')),
    identityAgent: agentOf(first.get('identityagent'), values),
    hostKeyAlias,
    knownHostsFiles: [
      ...filesOf(first.get('userknownhostsfile'), DEFAULT_USER_KNOWN_HOSTS, values),
      ...filesOf(first.get('globalknownhostsfile'), DEFAULT_GLOBAL_KNOWN_HOSTS, values),
    ],
  };
}

function portOf(line: ConfigLine | undefined): number {
  if (line === undefined) return DEFAULT_PORT;
  const port = /^\d+$/.test(line.words[0]) ? Number(line.words[0]) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw lineError(line.origin, `"${line.words[0]}" is not a port; one is a number from 1 to 65535`);
}

function flagOf(line: ConfigLine | undefined): boolean {
  if (line === undefined) return false;
  const word = line.words[0].toLowerCase();
  if (word === 'yes' || word === 'true') return true;
  if (word === 'no' || word === 'false') return false;
  throw lineError(line.origin, `"${line.words[0]}" is neither yes nor no`);
}

function identityFilesOf(lines: readonly ConfigLine[], values: TokenValues): string[] {
  if (lines.length === 0) return DEFAULT_IDENTITY_FILES.map((name) => join(values.home, '.ssh', name));
  const named = lines.filter(({ words }) => words[0].toLowerCase() !== 'none');
  return [...new Set(named.map(({ words, origin }) => expandPath(words[0], values, origin)))];
}

function agentOf(line: ConfigLine | undefined, values: TokenValues): string | null {
  const word = line?.words[0] ?? 'SSH_AUTH_SOCK';
  if (line === undefined || word === 'SSH_AUTH_SOCK') return null;
  if (word.toLowerCase() === 'none') return 'none';
  return word.startsWith('$') && !word.startsWith('${')
    ? (values.env[word.slice(1)] ?? null)
    : expandPath(word, values, line.origin);
}

function filesOf(line: ConfigLine | undefined, defaults: readonly string[], values: TokenValues): string[] {
  if (line === undefined) return defaults.map((path) => expandTilde(path, values.home));
  if (line.words[0].toLowerCase() === 'none') return [];
  return line.words.map((path) => expandPath(path, values, line.origin));
}
