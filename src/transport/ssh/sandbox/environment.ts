/** Who the commands run as, in words: they all have the rights of this process. */
export interface Account {
  readonly user: string;
  readonly home: string;
  readonly shell: string;
}

/** sshd(8) starts commands with a path of its own rather than with that of whoever started sshd. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The environment of a command: what a login on a bare instance gives, nothing of this process. */
export function instanceEnvironment(account: Account): Record<string, string> {
  return {
    PATH,
    LANG: 'C.UTF-8',
    USER: account.user,
    LOGNAME: account.user,
    HOME: account.home,
    SHELL: account.shell,
  };
}
