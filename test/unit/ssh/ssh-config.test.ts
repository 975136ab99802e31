import { expect, test } from 'vitest';
import { host, load, resolve } from './ssh-configs.ts';

test('without a file everything is a default', async () => {
  const { home, sshConfig } = await load({}, false);
  expect(sshConfig.resolve(host('203.0.113.7'))).toEqual({
    user: 'ubuntu',
    address: '203.0.113.7',
    port: 22,
    identityFiles: [`${home}/.ssh/id_ed25519`, `${home}/.ssh/id_ecdsa`, `${home}/.ssh/id_rsa`],
    identitiesOnly: false,
    identityAgent: null,
    hostKeyAlias: null,
    knownHostsFiles: [
      `${home}/.ssh/known_hosts`,
      `${home}/.ssh/known_hosts2`,
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ],
    jumps: [],
  });
});

test('the user and the port of the host go before ssh_config', async () => {
  const { sshConfig } = await load({ '.ssh/config': 'User x\nPort 1' });
  expect(sshConfig.resolve({ user: 'bob', address: 'web', port: 2222 })).toMatchObject({ user: 'bob', port: 2222 });
  expect(sshConfig.resolve(host('web'))).toMatchObject({ user: 'x', port: 1 });
});

test('Match user sees the default user where nothing names one', async () => {
  expect(await resolve('Match user ubuntu\n  Port 7')).toMatchObject({ user: 'ubuntu', port: 7 });
});

test.each([
  ['~/.ssh/%h-%n-%p-%r-%u', '<home>/.ssh/10.0.0.9-web-2200-bob-me'],
  ['%d/.ssh/100%%', '<home>/.ssh/100%'],
  ['${KEYS}/%k', '/keys/alias'],
  ['"/a b/c"', '/a b/c'],
])('the IdentityFile %s is %s', async (written, expected) => {
  const config = `HostName 10.0.0.9\nUser bob\nPort 2200\nHostKeyAlias alias\nIdentityFile ${written}`;
  expect((await resolve(config)).identityFiles).toEqual([expected]);
});

test('IdentityFile none takes the default keys away', async () => {
  expect((await resolve('IdentityFile none')).identityFiles).toEqual([]);
});

test.each([
  ['none', 'none'],
  ['SSH_AUTH_SOCK', null],
  ['$SSH_AUTH_SOCK', '/run/agent'],
  ['$NOT_SET', null],
  ['~/agent.%r', '<home>/agent.ubuntu'],
])('the IdentityAgent %s is %s', async (written, expected) => {
  expect((await resolve(`IdentityAgent ${written}`)).identityAgent).toBe(expected);
});

test('known_hosts files have their tokens filled in', async () => {
  const config = 'UserKnownHostsFile ~/kh "%d/k h"\nGlobalKnownHostsFile none';
  expect((await resolve(config)).knownHostsFiles).toEqual(['<home>/kh', '<home>/k h']);
});

test('Include is relative to ~/.ssh', async () => {
  const { sshConfig } = await load({
    '.ssh/config': 'Include conf.d/* ~/other',
    '.ssh/conf.d/10': 'User ten',
    '.ssh/conf.d/20': 'User twenty\nPort 20',
    other: 'Port 30\nHostKeyAlias other',
  });
  expect(sshConfig.resolve(host('web'))).toMatchObject({ user: 'ten', port: 20, hostKeyAlias: 'other' });
});

const JUMPS: readonly (readonly [name: string, config: string, jumps: readonly string[]])[] = [
  ['none', 'ProxyJump none', []],
  ['one, logged in to by the local user', 'Host web\n  ProxyJump j', ['me@j:22']],
  ['one with a user and a port', 'Host web\n  ProxyJump bob@j:2222', ['bob@j:2222']],
  ['one as an address', 'Host web\n  ProxyJump bob@[2001:db8::1]:2222', ['bob@2001:db8::1:2222']],
  ['one as a URI', 'Host web\n  ProxyJump ssh://bob@j:2222', ['bob@j:2222']],
  [
    'one resolved through the config',
    'Host web\n  ProxyJump j\nHost j\n  HostName 10.0.0.1\n  User b',
    ['b@10.0.0.1:22'],
  ],
  ['a chain, in order', 'Host web\n  ProxyJump j1,x@j2:23,j3', ['me@j1:22', 'x@j2:23', 'me@j3:22']],
  ['one behind another', 'Host web\n  ProxyJump j\nHost j\n  ProxyJump k', ['me@k:22', 'me@j:22']],
  [
    'a chain, of which only the first is reached by its own ProxyJump',
    'Host web\n  ProxyJump j1,j2\nHost j1\n  ProxyJump k1\nHost j2\n  ProxyJump k2',
    ['me@k1:22', 'me@j1:22', 'me@j2:22'],
  ],
  [
    'a chain whose later machine has a ProxyCommand of its own',
    'Host web\n  ProxyJump j1,j2\nHost j2\n  ProxyCommand nc',
    ['me@j1:22', 'me@j2:22'],
  ],
  ['none, because ProxyCommand none came first', 'ProxyCommand none\nProxyJump j', []],
  ['one, although a ProxyCommand comes later', 'Host web\n  ProxyJump j\n  ProxyCommand nc %h %p', ['me@j:22']],
];

test.each(JUMPS)('jump hosts: %s', async (_, config, expected) => {
  const { jumps } = await resolve(config);
  expect(jumps.map(({ user, address, port }) => `${user}@${address}:${port}`)).toEqual(expected);
});

test('a jump host brings its own keys', async () => {
  const { jumps, identityFiles } = await resolve(
    'Host web\n  ProxyJump j\nHost j\n  IdentityFile /keys/j\nHost *\n  IdentityFile /keys/all',
  );
  expect(jumps[0]?.identityFiles).toEqual(['/keys/j', '/keys/all']);
  expect(identityFiles).toEqual(['/keys/all']);
});
