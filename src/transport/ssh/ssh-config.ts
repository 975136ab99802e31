import { stat } from 'node:fs/promises';
import { configError } from '../../model/errors.ts';
import type { Host } from '../../model/plan.ts';
import { parseJumps } from './proxy-jump.ts';
import { evaluate, type Settings } from './ssh-config-evaluate.ts';
import { readStatements, type Statement } from './ssh-config-file.ts';
import { hopOf, type ResolvedHop, type SshConfigContext } from './ssh-config-hop.ts';
import { lineError, type ConfigLine } from './ssh-config-line.ts';

export type { ResolvedHop } from './ssh-config-hop.ts';

export interface ResolvedHost extends ResolvedHop {
  /** the machines to go through, in the order in which they are connected; empty for a direct connection */
  readonly jumps: readonly ResolvedHop[];
}

export interface LoadSshConfigOptions extends SshConfigContext {
  /** false: a file that does not exist is an empty one */
  readonly mustExist: boolean;
}

const DEFAULT_USER = 'ubuntu';

/**
 * Reads an ssh_config file with everything it includes. Keywords that do not concern `spot` are passed over.
 * @throws SpotError (exit 78) for a missing file (`mustExist`), an unreadable one, or a line that ssh would refuse
 */
export async function loadSshConfig(path: string, options: LoadSshConfigOptions): Promise<SshConfig> {
  if (await exists(path)) return new SshConfig(await readStatements(path, options.home), options);
  if (!options.mustExist) return new SshConfig([], options);
  const hint = 'correct ssh.config_file, or leave it out';
  throw configError('ssh-config-missing', `ssh config file ${path} does not exist; ${hint}`);
}

/** What the user's ssh_config says about hosts. Resolving does no I/O. */
export class SshConfig {
  readonly #statements: readonly Statement[];
  readonly #context: SshConfigContext;

  constructor(statements: readonly Statement[], context: SshConfigContext) {
    this.#statements = statements;
    this.#context = context;
  }

  /**
   * Fills in everything about a host: its own user and port first, then ssh_config, then the defaults.
   * @throws SpotError (exit 78) for settings that cannot be followed: ProxyCommand, a ProxyJump that leads in a circle,
   *   a bad port, an unknown token, a `Match` that is not evaluated
   */
  resolve(host: Host): ResolvedHost {
    return this.#resolve(host, DEFAULT_USER, []);
  }

  /** The hosts that `Host` lines name one by one, in their order. */
  namedHosts(): string[] {
    return [...new Set(namedIn(this.#statements))];
  }

  #resolve(host: Host, defaultUser: string, trail: readonly string[]): ResolvedHost {
    const settings = this.#settingsOf(host, defaultUser);
    const jumps = this.#jumpsOf(host, settings.first.get('proxyjump'), trail);
    return { ...hopOf(host, defaultUser, settings, this.#context), jumps };
  }

  #settingsOf(host: Host, defaultUser: string): Settings {
    const { localUser } = this.#context;
    return evaluate(this.#statements, { host: host.address, user: host.user, defaultUser, localUser });
  }

  /** Only the first machine of a chain is reached by its own ProxyJump: the others are reached through the chain. */
  #jumpsOf(host: Host, line: ConfigLine | undefined, trail: readonly string[]): ResolvedHop[] {
    if (line === undefined || line.words[0].toLowerCase() === 'none') return [];
    if (line.keyword === 'proxycommand') {
      throw lineError(line.origin, `ProxyCommand (${host.address}) is not supported; ProxyJump is: use it instead`);
    }
    const { localUser } = this.#context;
    const [first, ...rest] = parseJumps(line);
    const visited = [...trail, host.address];
    if (visited.includes(first.address)) {
      const hint = `put "ProxyJump none" under "Host ${first.address}"`;
      throw lineError(line.origin, `ProxyJump leads in a circle: ${[...visited, first.address].join(' → ')}; ${hint}`);
    }
    const { jumps, ...entrance } = this.#resolve(first, localUser, visited);
    const others = rest.map((jump) => hopOf(jump, localUser, this.#settingsOf(jump, localUser), this.#context));
    return [...jumps, entrance, ...others];
  }
}

function namedIn(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.type === 'include') return statement.files.flatMap(namedIn);
    return statement.type === 'host' ? statement.patterns.filter((pattern) => !/[*?!]/.test(pattern)) : [];
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
  );
}
