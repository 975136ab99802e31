import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/model/plan.ts';
import { loadSshConfig } from '../../../src/transport/ssh/ssh-config.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { sshG } from './ssh-g.ts';

/** Where nothing names a user, ssh takes the local one and `spot` takes `ubuntu`. */
const LOCAL = userInfo();

/** `user@host:port`, with an optional user and port. */
function hostOf(text: string): Host {
  const [, user, address, port] = /^(?:(.+)@)?([^:]+)(?::(\d+))?$/.exec(text) as RegExpExecArray;
  return { user: user ?? null, address: address as string, port: port === undefined ? null : Number(port) };
}

/** `<dir>` stands for the folder of the test. */
const CASES: readonly (readonly [name: string, config: string, hosts: readonly string[]])[] = [
  ['an empty file', '', ['a', 'bob@a:2222']],
  [
    'the first value of each keyword',
    'Host a\n  Port 1\n  User x\nHost *\n  Port 2\n  User y\n  HostKeyAlias z',
    ['a', 'b'],
  ],
  ['settings before the first Host', 'Port 9\nHost a\n  Port 1', ['a', 'b']],
  ['a user and a port given with the host', 'Host a\n  User x\n  Port 1', ['bob@a:2222']],
  ['several patterns in one Host', 'Host a b? *.c\n  Port 7', ['a', 'b1', 'b', 'x.c', 'd']],
  ['a negated pattern', 'Host *.c !bad.c\n  Port 7', ['x.c', 'bad.c', 'y']],
  ['a negated pattern alone', 'Host !bad.c\n  Port 7', ['x.c', 'bad.c']],
  ['a comma in a pattern of Host', 'Host a,b\n  Port 7', ['a', 'b']],
  ['? for exactly one character', 'Host a?\n  Port 7\nHost a*\n  Port 8', ['a', 'a1', 'a12']],
  ['Host with regard to case', 'Host Web\n  Port 7', ['web', 'Web']],
  ['addresses as patterns', 'Host 10.0.*\n  Port 7', ['10.0.3.4', '10.1.3.4']],
  ['keywords in any case, tabs, = and quotes', '\thOsT\t"a"\n\tport=7\nUSER = "x y"\nHostName\t=\th', ['a', 'b']],
  ['comments and empty lines', '# one\n\n  # two\nHost a # three\n  Port 7 # four\n  HostKeyAlias "x" #five', ['a']],
  ['Windows line ends', 'Host a\r\n  Port 7\r\n  User x\r\n', ['a', 'b']],
  ['a HostName with %h', 'HostName %h.example.com', ['a']],
  ['a HostName with %%', 'HostName 100%%.example.com', ['a']],
  [
    'Match host on the HostName found so far',
    'Match host x.*\n  Port 1\nHost a\n  HostName x.y\nMatch host x.*\n  Port 2',
    ['a', 'x.z'],
  ],
  ['Match host no longer on the name given', 'HostName x\nMatch host a\n  Port 5\nMatch host=x\n  User z', ['a']],
  ['Match host without regard to case', 'Match host WEB,x.*\n  Port 2', ['web', 'X.Y', 'z']],
  ['Match host with a negated pattern', 'Match host *.c,!bad.c\n  Port 2', ['x.c', 'bad.c']],
  ['Match originalhost', 'HostName x\nMatch originalhost A\n  Port 2', ['a', 'x']],
  ['Match user', 'Match user bob,al*\n  Port 2', ['bob@a', 'alice@a', 'Bob@a', 'carl@a']],
  ['Match user on the user found so far', 'Host a\n  User bob\nMatch user bob\n  Port 2', ['a', 'carl@a', 'carl@b']],
  ['Match localuser', `Match localuser ${LOCAL.username}\n  Port 2\nMatch localuser other\n  User x`, ['a']],
  [
    'negated criteria',
    'Match !host a\n  Port 2\nMatch !user bob originalhost a\n  HostKeyAlias k',
    ['carl@a', 'bob@a', 'bob@b'],
  ],
  ['Match all', 'Host b\n  Port 1\nMatch all\n  Port 2', ['a', 'b']],
  [
    'Match final on the new name',
    'Host a\n  HostName b\nHost b\n  Port 5\nMatch final host b\n  HostKeyAlias z',
    ['a', 'b', 'c'],
  ],
  ['Host without Match final on the old name', 'Host a\n  HostName b\nHost b\n  Port 5', ['a', 'b']],
  ['Match with a negated final', 'Match !final host a\n  Port 5\nMatch final all\n  User x', ['a', 'b']],
  ['Match canonical', 'Match canonical all\n  Port 5', ['a']],
  [
    'several IdentityFiles, each once',
    'Host a\n  IdentityFile /k/one\nHost *\n  IdentityFile "/k/t wo"\n  IdentityFile /k/one',
    ['a', 'b'],
  ],
  ['IdentitiesOnly', 'Host a\n  IdentitiesOnly no\nHost *\n  IdentitiesOnly yes', ['a', 'b']],
  ['UserKnownHostsFile', 'UserKnownHostsFile /k/one "/k/t wo"\nGlobalKnownHostsFile /k/global', ['a']],
  ['no known_hosts', 'UserKnownHostsFile none\nGlobalKnownHostsFile none', ['a']],
  ['ProxyJump', 'Host a\n  ProxyJump u@j:2222\nHost b j k\n  ProxyJump none\nHost *\n  ProxyJump k', ['a', 'b', 'c']],
  ['ProxyCommand none before ProxyJump', 'ProxyCommand none\nProxyJump j', ['a']],
  ['Include', 'Include <dir>/inc.conf\nPort 1\nUser late', ['a', 'b', 'c']],
  ['Include with a pattern, in order', 'Include <dir>/d/*.conf\nUser late', ['a']],
  ['Include with a class of characters', 'Include <dir>/d/[!1]*.conf\nUser late', ['a']],
  ['Include of hidden files by name', 'Include <dir>/d/.h*', ['a']],
  ['Include with a range that runs backwards', 'Include <dir>/d/[z-a]*', ['a']],
  ['Include of several files and of none', 'Include <dir>/d/2.conf <dir>/d/1.conf <dir>/none.conf <dir>/none/*', ['a']],
  ['Include within Host', 'Host a\n  Include <dir>/inc.conf\n  Port 4\nHost b\n  User late', ['a', 'b', 'c']],
  ['Include in an included file', 'Include <dir>/outer.conf', ['a', 'b']],
];

describe.skipIf(requireProgram('ssh') === null)('ssh_config means what it means to ssh', () => {
  test.each(CASES)('%s', async (_, config, hosts) => {
    const dir = tempDir();
    const file = writeConfigs(dir, config);
    const sshConfig = await loadSshConfig(file, {
      home: LOCAL.homedir,
      localUser: LOCAL.username,
      env: {},
      mustExist: true,
    });
    for (const host of hosts.map(hostOf)) {
      const resolved = sshConfig.resolve(host);
      const expected = sshG(file, host);
      const one = (keyword: string): string | undefined => expected.get(keyword)?.[0];
      expect({
        host: host.address,
        user: resolved.user === 'ubuntu' ? LOCAL.username : resolved.user,
        hostname: resolved.address.toLowerCase(),
        port: String(resolved.port),
        hostkeyalias: resolved.hostKeyAlias ?? undefined,
        identitiesonly: resolved.identitiesOnly ? 'yes' : 'no',
        jumps: resolved.jumps.length > 0,
      }).toEqual({
        host: host.address,
        user: one('user'),
        hostname: one('hostname'),
        port: one('port'),
        hostkeyalias: one('hostkeyalias'),
        identitiesonly: one('identitiesonly'),
        jumps: one('proxyjump') !== undefined,
      });
      const knownHosts = [one('userknownhostsfile'), one('globalknownhostsfile')].filter((files) => files !== 'none');
      expect(resolved.knownHostsFiles.join(' ')).toBe(knownHosts.join(' '));
      if (config.includes('IdentityFile')) expect(resolved.identityFiles).toEqual(expected.get('identityfile'));
    }
  });
});

function writeConfigs(dir: string, config: string): string {
  const write = (name: string, content: string): string => {
    writeFileSync(join(dir, name), content.replaceAll('<dir>', dir));
    return join(dir, name);
  };
  mkdirSync(join(dir, 'd', 'folder.conf'), { recursive: true });
  write('d/1.conf', 'Port 11');
  write('d/2.conf', 'Port 12\nUser two');
  write('d/.hidden.conf', 'User hidden\nPort 13');
  write('inc.conf', 'Host b\n  Port 2\nHost *\n  User inc\nHost c\n  Port 3');
  write('outer.conf', 'Host b\n  Include <dir>/d/2.conf\nInclude <dir>/inc.conf');
  return write('config', config);
}
