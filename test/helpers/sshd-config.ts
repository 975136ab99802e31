import { shellQuote } from '../../src/util/shell-quote.ts';

export interface SshdConfig {
  /** holds host_key, authorized_keys */
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  /** path of the SFTP server, or null for a host without one */
  readonly sftpServer: string | null;
  /** what reads the command line of a session, or null for the login shell of the user */
  readonly shell: readonly string[] | null;
  /** environment of every session */
  readonly environment: Readonly<Record<string, string>>;
  /** run instead of whatever the client asks for */
  readonly forceCommand: string | null;
  readonly maxStartups: number | string;
  readonly maxSessions: number;
  /** further lines; sshd takes the first value it meets, so these win (but for MaxStartups: there the last one counts) */
  readonly lines: readonly string[];
}

/** The text of sshd_config. */
export function sshdConfig(config: SshdConfig): string {
  const { folder, sftpServer } = config;
  const lines = [
    ...config.lines,
    `ListenAddress ${config.address}:${config.port}`,
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'PidFile none',
    'UsePAM no',
    // the folders of the tests lie in /tmp, which is writable for all
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'PermitUserRC no',
    'PrintMotd no',
    'PrintLastLog no',
    'UseDNS no',
    'LogLevel VERBOSE',
    `MaxStartups ${config.maxStartups}`,
    `MaxSessions ${config.maxSessions}`,
    // only the first SetEnv counts, so all of them stand on one line
    `SetEnv ${Object.entries(config.environment).map(setEnvWord).join(' ')}`,
    `ForceCommand ${config.forceCommand ?? inPrivateHome(config.shell)}`,
    ...(sftpServer === null ? [] : [`Subsystem sftp ${sftpServer}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** sshd changes into the home of the account before the command starts: go to the one that HOME names. */
function inPrivateHome(shell: readonly string[] | null): string {
  const argv = shell === null ? '"$SHELL"' : shell.map(shellQuote).join(' ');
  return `cd "$HOME" && exec ${argv} -c "$SSH_ORIGINAL_COMMAND"`;
}

function setEnvWord([name, value]: [string, string]): string {
  return `"${name}=${value}"`;
}
