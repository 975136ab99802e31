import type { Config } from '../config/config.ts';
import { Keyring } from '../transport/ssh/keyring.ts';
import type { AskPassphrase } from '../transport/ssh/passphrase.ts';
import { loadSshConfig, type SshConfig } from '../transport/ssh/ssh-config.ts';
import { SshTransport } from '../transport/ssh/ssh-transport.ts';
import type { State } from '../state/state.ts';
import { consoleKeys } from './console-keys.ts';
import type { Io } from './io.ts';
import { askHidden, canAsk } from './prompt.ts';

/** The keys that are opened once, however many transports use them. */
export function openKeyring(io: Io): Keyring {
  return new Keyring(canAsk(io) ? passphraseAsker(io) : null);
}

/** The transport that the configuration describes. */
export async function openSshTransport(
  config: Config,
  state: State,
  io: Io,
  keyring = openKeyring(io),
): Promise<SshTransport> {
  const { aws, ssh } = config;
  return new SshTransport({
    sshConfig: await readSshConfig(config, io),
    keyring,
    privateKeyPath: aws.privateSshKeyPath,
    publicKeyPath: aws.publicSshKeyPath,
    agentSocket: agentSocketOf(io),
    hostKeys: ssh.hostKeys,
    keySource: ssh.hostKeys === 'strict' ? null : consoleKeys(config, state, io),
    knownHostsFile: ssh.knownHostsFile,
    keepaliveIntervalMs: ssh.keepaliveIntervalMs,
    random: io.random,
  });
}

/** What the user's ssh_config says. @throws SpotError (exit 78) where it cannot be followed */
export function readSshConfig({ ssh }: Config, io: Io): Promise<SshConfig> {
  const surroundings = { home: io.home, localUser: io.user, env: io.env };
  return loadSshConfig(ssh.configFile, { ...surroundings, mustExist: ssh.configFileGiven });
}

/** Where ssh-agent listens, or null. */
export function agentSocketOf({ env }: Io): string | null {
  return env['SSH_AUTH_SOCK'] || null;
}

/** Asks again for a passphrase that did not fit, and says so. */
function passphraseAsker(io: Io): AskPassphrase {
  const asked = new Set<string>();
  return (path) => {
    const again = asked.has(path) ? 'That one does not fit. ' : '';
    asked.add(path);
    return askHidden(io, `${again}Passphrase for ${path}: `);
  };
}
