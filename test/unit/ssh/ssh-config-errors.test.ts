import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSshConfig } from '../../../src/transport/ssh/ssh-config.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { configErrorOf, ENV, load, resolve, type Files } from './ssh-configs.ts';

test('a file that must exist and does not is an error', async () => {
  expect(await configErrorOf(load({}))).toEqual({
    code: 'ssh-config-missing',
    exitCode: 78,
    message: 'ssh config file <home>/.ssh/config does not exist; correct ssh.config_file, or leave it out',
  });
});

test('a folder in the place of the file is an error', async () => {
  const home = tempDir();
  mkdirSync(join(home, 'config'));
  const loading = loadSshConfig(join(home, 'config'), { home, localUser: 'me', env: ENV, mustExist: false });
  expect(await configErrorOf(loading)).toEqual({
    code: 'ssh-config-unreadable',
    exitCode: 78,
    message: 'ssh config file <home>/config cannot be read: EISDIR: illegal operation on a directory, read',
  });
});

const WRONG_LINES: readonly (readonly [config: string, message: string])[] = [
  ['Port 1\n\nHost', '3: "Host" cannot be read: a value is missing or a quote is not closed'],
  ['Match', '1: "Match" cannot be read: a value is missing or a quote is not closed'],
  ['Match user', '1: Match user has no value'],
  ['Match host a !user', '1: Match !user has no value'],
  ['User "bob', '1: "User "bob" cannot be read: a value is missing or a quote is not closed'],
  ['HostName\nPort 1', '1: HostName has no value'],
  ['HostName # none', '1: HostName has no value'],
  ['User bob carl', '1: the value of User has a space, a single quote or # in it: put "…" around it'],
  ['IdentityFile ~/a\\ b', '1: the value of IdentityFile has a space, a single quote or # in it: put "…" around it'],
  ["IdentityFile '~/a'", '1: the value of IdentityFile has a space, a single quote or # in it: put "…" around it'],
  ['IdentityFile ~/key#1', '1: the value of IdentityFile has a space, a single quote or # in it: put "…" around it'],
  ['Host a b#c', '1: the value of Host has a space, a single quote or # in it: put "…" around it'],
  ['Port ssh', '1: "ssh" is not a port; one is a number from 1 to 65535'],
  ['Port 0', '1: "0" is not a port; one is a number from 1 to 65535'],
  ['Port 65536', '1: "65536" is not a port; one is a number from 1 to 65535'],
  ['IdentitiesOnly maybe', '1: "maybe" is neither yes nor no'],
  ['HostName %u.x', '1: %u is not understood here; what is: %%, %h'],
  ['IdentityFile ~/%C', '1: %C is not understood here; what is: %%, %d, %h, %k, %n, %p, %r, %u'],
  ['IdentityFile ${NOT_SET}/k', '1: the environment variable NOT_SET is not set'],
  ['ProxyJump ::1', '1: "::1" is not a jump host; one is written [user@]host[:port]'],
  ['ProxyJump a,,b', '1: "" is not a jump host; one is written [user@]host[:port]'],
  ['ProxyJump a:70000', '1: "a:70000" is not a jump host; one is written [user@]host[:port]'],
  [
    'Host *\n  ProxyJump bastion',
    '2: ProxyJump leads in a circle: web → bastion → bastion; put "ProxyJump none" under "Host bastion"',
  ],
  [
    'Host web\n  ProxyJump a\nHost a\n  ProxyJump b\nHost b\n  ProxyJump web',
    '6: ProxyJump leads in a circle: web → a → b → web; put "ProxyJump none" under "Host web"',
  ],
  ['ProxyCommand ssh -W "%h:%p" bastion', '1: ProxyCommand (web) is not supported; ProxyJump is: use it instead'],
  [
    'Match host other exec "false"\n  User x\nMatch localnetwork 10.0.0.0/8\n  User y',
    '3: "Match localnetwork" is not understood, so it is not known whether it applies to web; ' +
      'use Host or Match host, or another file as ssh.config_file',
  ],
];

test.each(WRONG_LINES)('%j', async (config, message) => {
  const error = await configErrorOf(resolve(config));
  expect(error).toEqual({ code: 'ssh-config-invalid', exitCode: 78, message: `<home>/.ssh/config:${message}` });
});

test('Match exec is refused where it would decide, and never run', async () => {
  const marker = join(tempDir(), 'was-run');
  const error = await configErrorOf(resolve(`Match exec "touch ${marker}" host web\n  User x`));
  expect(error.message).toBe(
    '<home>/.ssh/config:1: "Match exec" would run a command, so it is not known whether it applies to web; ' +
      'use Host or Match host, or another file as ssh.config_file',
  );
  expect(existsSync(marker)).toBe(false);
});

const WRONG_INCLUDES: readonly (readonly [files: Files, message: string])[] = [
  [
    { '.ssh/config': 'Include a', '.ssh/a': 'Port 1\nHost' },
    '<home>/.ssh/a:2: "Host" cannot be read: a value is missing or a quote is not closed',
  ],
  [{ '.ssh/config': 'Port 1\nInclude config' }, '<home>/.ssh/config:2: Include goes deeper than 16 files'],
];

test.each(WRONG_INCLUDES)('%j', async (files, message) => {
  expect(await configErrorOf(load(files))).toEqual({ code: 'ssh-config-invalid', exitCode: 78, message });
});

test('keywords that do not concern us are passed over, however odd', async () => {
  const config =
    'ForwardAgent\nCiphers "a\nBogus x y z\nCanonicalizeHostname yes\nCanonicalDomains example.com\nUser bob';
  expect(await resolve(config)).toMatchObject({ user: 'bob', address: 'web' });
});
