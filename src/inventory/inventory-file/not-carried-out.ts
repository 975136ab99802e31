import { labelList } from './label-list.ts';
import type { ListedHost } from './resolve.ts';

interface Kind {
  readonly names: readonly string[];
  /** whether a value means something that does not happen */
  readonly isOther?: (value: string) => boolean;
  readonly advice: string;
}

const OVER_SSH = ['ssh', 'smart', 'paramiko', 'paramiko_ssh', 'libssh', 'ansible.netcommon.libssh'];

/** What Ansible would do, and this program does not. */
const KINDS: readonly Kind[] = [
  {
    names: ['ansible_connection'],
    isOther: (value) => !OVER_SSH.includes(value.replace(/^ansible\.builtin\./, '')),
    advice: 'they are connected to over SSH; leave those out with --exclude where that is wrong',
  },
  {
    names: ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args'],
    advice: 'arguments of ssh are not passed on; put ProxyJump and the like into ssh.config_file',
  },
  {
    names: ['ansible_ssh_private_key_file', 'ansible_private_key_file'],
    advice: 'one key is used for all; set aws.private_ssh_key_path, or IdentityFile in ssh.config_file',
  },
  {
    names: ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
    advice: 'nobody is logged in with a password; use a key',
  },
  {
    names: ['ansible_become', 'ansible_become_user', 'ansible_sudo'],
    isOther: (value) => !/^(false|no|0|off)$/i.test(value),
    advice: 'the script runs as the SSH user, whatever the file says of that',
  },
  {
    names: ['ansible_jump_host', 'ansible_ssh_proxy_command', 'ansible_ssh_executable'],
    advice: 'hosts are connected to directly; put ProxyJump into ssh.config_file',
  },
];

/**
 * Says what the file asks for and does not happen: one sentence for each kind, with the first of its hosts.
 * @param keyPath of the key that is used anyhow, absolute; null where none is configured
 * @param home absolute; what `~` stands for
 */
export function describeNotCarriedOut(hosts: readonly ListedHost[], keyPath: string | null, home: string): string[] {
  const isSame = (value: string): boolean => keyPath !== null && value.replace(/^~(?=\/)/, home) === keyPath;
  return KINDS.flatMap(({ names, isOther = (value: string) => !isSame(value), advice }) => {
    const used = new Set<string>();
    const concerned = hosts.filter(({ variables }) => {
      const found = names.filter((name) => variables.has(name) && isOther(String(variables.get(name))));
      for (const name of found) used.add(name);
      return found.length > 0;
    });
    if (concerned.length === 0) return [];
    return [`${[...used].join(', ')} of ${labelList(concerned.map(({ name }) => name))} is not carried out: ${advice}`];
  });
}
