import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorOf, load, withFolder } from './load.ts';
import type { Given } from './load.ts';

const WRONG_FILES: readonly (readonly [file: string, message: string])[] = [
  // keys
  [
    'a: 1',
    'config.yaml:1: a is not a known key; the keys here are aws, state_dir, files_dir, confirm_above, limits, payloads, runs, logs, interruption, stragglers, database, service, ssh',
  ],
  ['\n\nstatedir: x', 'config.yaml:3: statedir is not a known key; did you mean state_dir?'],
  ['limit:\n  concurrency: 3', 'config.yaml:1: limit is not a known key; did you mean limits?'],
  [
    'limits:\n  # slow\n  conection_timeout: 5s',
    'config.yaml:3: limits.conection_timeout is not a known key; did you mean connect_timeout?',
  ],
  [
    'aws:\n  privateSshKeyPath: k',
    'config.yaml:2: aws.privateSshKeyPath is not a known key; did you mean private_ssh_key_path?',
  ],
  ['username: ubuntu', 'config.yaml:1: username is not a known key; did you mean aws.username?'],
  [
    'limits.concurrency: 3',
    'config.yaml:1: limits.concurrency is not a known key; the keys here are aws, state_dir, files_dir, confirm_above, limits, payloads, runs, logs, interruption, stragglers, database, service, ssh',
  ],
  [
    'ssh:\n  port: 22',
    'config.yaml:2: ssh.port is not a known key; ' +
      'the keys of ssh are host_keys, config_file, known_hosts_file, transfer, keepalive_interval',
  ],
  [
    'constructor: 1',
    'config.yaml:1: constructor is not a known key; the keys here are aws, state_dir, files_dir, confirm_above, limits, payloads, runs, logs, interruption, stragglers, database, service, ssh',
  ],
  [
    'state_dir: a\nfiles_dir: b\nstate_dir: c',
    'config.yaml:3: state_dir is set already on line 1; remove one of the two',
  ],
  ['ssh: {}\nssh: {}', 'config.yaml:2: ssh is set already on line 1; remove one of the two'],
  // shapes
  ['just text', 'config.yaml:1: a config file holds keys, such as "state_dir: .spot"'],
  ['\n- state_dir', 'config.yaml:2: a config file holds keys, such as "state_dir: .spot"'],
  [
    'aws: ubuntu',
    'config.yaml:1: aws takes no value; it is a section with the keys username, private_ssh_key_path, ' +
      'public_ssh_key_path, regions, profile, endpoint, tags, sync_max_age, instance_types, ami, image, ' +
      'security_group, subnet, ssh_from, address_service',
  ],
  ['state_dir:', 'config.yaml:1: state_dir: no value is given; write one or remove the line'],
  ['state_dir: ~', 'config.yaml:1: state_dir: no value is given; write one or remove the line'],
  [
    'state_dir: {{ x }}',
    'config.yaml:1: state_dir takes a plain value; put quotes around text with special characters',
  ],
  ['state_dir: *x', 'config.yaml:1: state_dir takes a plain value; put quotes around text with special characters'],
  ['state_dir: [a]', 'config.yaml:1: state_dir: a list was given; it takes one value'],
  [
    'aws:\n  regions: [[a]]',
    'config.yaml:2: aws.regions takes a plain value; put quotes around text with special characters',
  ],
  // syntax
  [
    'a: b: c',
    'config.yaml:1: this is not valid YAML: Nested mappings are not allowed in compact mappings; correct that line',
  ],
  [
    'limits:\n\tconcurrency: 1',
    'config.yaml:2: this is not valid YAML: Tabs are not allowed as indentation; correct that line',
  ],
  [
    'state_dir: a\n---\nb: c',
    'config.yaml:2: this is not valid YAML: Source contains multiple documents; correct that line',
  ],
  ['state_dir: !x a', 'config.yaml:1: this is not valid YAML: Unresolved tag: !x; correct that line'],
  // rules
  [
    'aws:\n  private_ssh_key_path: ~/id.pub',
    'config.yaml:2: aws.private_ssh_key_path: <root>/home/id.pub is a public key; ' +
      'name the private one, mostly the same path without .pub',
  ],
  [
    'aws:\n  private_ssh_key_path: ~/id\n  public_ssh_key_path: ../home/id',
    'config.yaml:3: aws.public_ssh_key_path: the private and the public key are the same file; each has one of its own',
  ],
  [
    'ssh:\n  config_file: ~/.ssh/known_hosts',
    'config.yaml:2: ssh.config_file: ssh.known_hosts_file and ssh.config_file are the same file; each needs ' +
      'one of its own',
  ],
  [
    'state_dir: files',
    'config.yaml:1: state_dir: files_dir and state_dir are the same folder; the state would be sent to every instance',
  ],
];

test.each(WRONG_FILES)('the file %j is refused with its reason', async (file, message) => {
  const error = await errorOf({ files: { 'work/config.yaml': file } });
  expect(error).toEqual({ code: 'config-invalid', exitCode: 78, message });
});

const WRONG_SOURCES: readonly (readonly [name: string, given: Given, exitCode: number, message: string])[] = [
  [
    'a bad value of a flag',
    { flags: { 'limits.connect_timeout': 'abc' }, flagNames: { 'limits.connect_timeout': '--connect-timeout' } },
    64,
    '--connect-timeout: "abc" is not a duration; write it like 10s, 5m or 1h30m',
  ],
  [
    'a bad value of a variable',
    { env: { SPOT_LIMITS_CONCURRENCY: 'many' } },
    78,
    'SPOT_LIMITS_CONCURRENCY: "many" is not a whole number from 1 to 10000',
  ],
  [
    'a mistyped variable',
    { env: { SPOT_LIMIT_CONCURRENCY: '3' } },
    78,
    'SPOT_LIMIT_CONCURRENCY is not a known variable; did you mean SPOT_LIMITS_CONCURRENCY?',
  ],
  [
    'a variable without its section',
    { env: { SPOT_REGIONS: 'us-east-1' } },
    78,
    'SPOT_REGIONS is not a known variable; did you mean SPOT_AWS_REGIONS?',
  ],
  [
    'an empty region in a list',
    { env: { SPOT_AWS_REGIONS: 'us-east-1,' } },
    78,
    'SPOT_AWS_REGIONS: "" is not an AWS region; write it like us-east-1',
  ],
  [
    'a key pasted where its path belongs, without showing it',
    { env: { SPOT_AWS_PRIVATE_SSH_KEY_PATH: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n' } },
    78,
    'SPOT_AWS_PRIVATE_SSH_KEY_PATH: "-----BEGIN OPENSSH PRIVATE KEY-----…" is not a path',
  ],
  [
    'a missing file of --config',
    { configFile: 'my.yaml' },
    78,
    'my.yaml: there is no such file; check the path behind --config',
  ],
  ['an empty name after --config', { configFile: '' }, 64, '--config: the name of the file is empty'],
  [
    'a wrong file of --config',
    { configFile: '../my.yaml', files: { 'my.yaml': 'x: 1' } },
    78,
    '../my.yaml:1: x is not a known key; the keys here are aws, state_dir, files_dir, confirm_above, limits, payloads, runs, logs, interruption, stragglers, database, service, ssh',
  ],
  [
    'a wrong file of the user',
    { files: { 'home/.config/spot/config.yaml': 'ssh: { transfer: x }' } },
    78,
    '<root>/home/.config/spot/config.yaml:1: ssh.transfer: "x" is not one of auto, sftp, stream',
  ],
  [
    'a bad value that a stronger source hides',
    { flags: { 'ssh.transfer': 'sftp' }, files: { 'work/config.yaml': 'ssh: { transfer: x }' } },
    78,
    'config.yaml:1: ssh.transfer: "x" is not one of auto, sftp, stream',
  ],
  [
    'a broken rule that a flag brings about',
    { flags: { state_dir: 'files' }, flagNames: { state_dir: '--state-dir' } },
    64,
    '--state-dir: files_dir and state_dir are the same folder; the state would be sent to every instance',
  ],
];

test.each(WRONG_SOURCES)('%s is refused with its reason', async (_name, given, exitCode, message) => {
  expect(await errorOf(given)).toMatchObject({ exitCode, message });
});

test('all problems of all sources are told at once, strongest source first, each file from top to bottom', async () => {
  const { code, exitCode, message } = await errorOf({
    flags: { 'limits.concurrency': 'x' },
    flagNames: { 'limits.concurrency': '-f' },
    env: { SPOT_SSH_TRANSFER: 'x' },
    files: {
      'work/config.yaml': 'limits:\n  kill_grace: x\n  conkurrency: 1\naws: { private_ssh_key_path: k.pub }\nssh: x',
      'home/.config/spot/config.yaml': 'files_dir: [',
    },
  });
  expect([code, exitCode]).toEqual(['flag-invalid', 64]);
  expect(message.split('\n')).toEqual([
    '-f: "x" is not a whole number from 1 to 10000',
    'SPOT_SSH_TRANSFER: "x" is not one of auto, sftp, stream',
    'config.yaml:2: limits.kill_grace: "x" is not a duration; write it like 10s, 5m or 1h30m',
    'config.yaml:3: limits.conkurrency is not a known key; did you mean concurrency?',
    'config.yaml:5: ssh takes no value; it is a section with the keys ' +
      'host_keys, config_file, known_hosts_file, transfer, keepalive_interval',
    '<root>/home/.config/spot/config.yaml:1: this is not valid YAML: Flow sequence in block collection must ' +
      'be sufficiently indented and end with a ]; correct that line',
    'config.yaml:4: aws.private_ssh_key_path: <root>/work/k.pub is a public key; name the private one, mostly ' +
      'the same path without .pub',
  ]);
});

test('a file that cannot be read is told as such', () =>
  withFolder(async (root) => {
    await mkdir(join(root, 'work'));
    await symlink('config.yaml', join(root, 'work/config.yaml'));
    await expect(load({}, root)).rejects.toThrow(
      'config.yaml: the file cannot be read: too many symbolic links encountered; check the path',
    );
  }));

test('a folder in the place of the file is told as such', () =>
  withFolder(async (root) => {
    await mkdir(join(root, 'work/config.yaml'), { recursive: true });
    await expect(load({}, root)).rejects.toThrow(
      'config.yaml: the file cannot be read: illegal operation on a directory; check the path',
    );
  }));
