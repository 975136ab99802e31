import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KnownHosts, loadKnownHosts } from '../../../src/transport/ssh/known-hosts.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { KEY_A, KEY_B, KEY_ECDSA } from './key-texts.ts';

function knownHostsOf(...lines: readonly string[]): KnownHosts {
  const knownHosts = new KnownHosts();
  knownHosts.add(lines.join('\n'), 'kh');
  return knownHosts;
}

/** A name as `ssh-keygen -H` writes it. */
function hashed(name: string, salt: string): string {
  const key = Buffer.from(salt);
  return `|1|${key.toString('base64')}|${createHmac('sha1', key).update(name).digest('base64')}`;
}

type Lookup = readonly [address: string, port: number, alias?: string];

const FOUND: readonly (readonly [hosts: string, lookup: Lookup, found: boolean])[] = [
  ['web', ['web', 22], true],
  ['web', ['WEB', 22], true],
  ['Web', ['web', 22], true],
  ['web', ['web2', 22], false],
  ['web,203.0.113.7', ['203.0.113.7', 22], true],
  ['web', ['web', 2222], false],
  ['[web]:2222', ['web', 2222], true],
  ['[web]:2222', ['web', 22], false],
  ['[web]:2222', ['web', 2223], false],
  ['2001:db8::1', ['2001:DB8::1', 22], true],
  ['*.example.com', ['a.example.com', 22], true],
  ['*.example.com,!b.example.com', ['b.example.com', 22], false],
  ['203.0.113.?', ['203.0.113.7', 22], true],
  ['[*]:2222', ['web', 2222], true],
  ['alias', ['web', 2222, 'alias'], true],
  ['web', ['web', 22, 'alias'], false],
  [hashed('web', 'salt'), ['web', 22], true],
  [hashed('web', 'salt'), ['WEB', 22], true],
  [hashed('web', 'salt'), ['other', 22], false],
  [hashed('[web]:2222', 'salt'), ['web', 2222], true],
];

test.each(FOUND)('the name %s and %j: %s', (hosts, lookup, found) => {
  const { keys } = knownHostsOf(`${hosts} ${KEY_A} a comment`).lookup(...lookup);
  expect(keys).toEqual(found ? [{ key: KEY_A, file: 'kh', line: 1 }] : []);
});

test('a host has all the keys that lines give it, with their places', () => {
  const knownHosts = knownHostsOf('# mine', `web ${KEY_A}`, '', `w* ${KEY_B}`, `${hashed('web', 's')} ${KEY_ECDSA}`);
  expect(knownHosts.lookup('web', 22)).toEqual({
    keys: [
      { key: KEY_A, file: 'kh', line: 2 },
      { key: KEY_B, file: 'kh', line: 4 },
      { key: KEY_ECDSA, file: 'kh', line: 5 },
    ],
    revoked: [],
    authorities: [],
  });
  expect(knownHosts.warnings).toEqual([]);
});

test('revoked keys and certificate authorities are not keys of the host', () => {
  const knownHosts = knownHostsOf(`@revoked * ${KEY_A}`, `@cert-authority *.example.com ${KEY_B}`);
  expect(knownHosts.lookup('a.example.com', 22)).toEqual({
    keys: [],
    revoked: [{ key: KEY_A, file: 'kh', line: 1 }],
    authorities: [{ key: KEY_B, file: 'kh', line: 2 }],
  });
});

test.each([
  ['web'],
  ['web ssh-ed25519'],
  ['web ssh-ed25519 not+base64'],
  [`web ssh-rsa ${KEY_A.split(' ')[1]}`],
  ['web 1024 35 1234567890'],
  [`@unknown web ${KEY_A}`],
  [`@revoked ${KEY_A}`],
  [`|1|c2FsdA==| ${KEY_A}`],
  [`|2|c2FsdA==|c2FsdA== ${KEY_A}`],
])('the line "%s" is ignored with a warning', (line) => {
  const knownHosts = knownHostsOf(`web ${KEY_ECDSA}`, line);
  expect(knownHosts.lookup('web', 22)).toMatchObject({ keys: [{ key: KEY_ECDSA }], revoked: [] });
  expect(knownHosts.warnings).toEqual(['kh:2 is no line of known_hosts and is ignored']);
});

test('missing files are empty, what cannot be read is a warning, and several files add up', async () => {
  const folder = tempDir();
  const [one, two, notAFile] = [join(folder, 'one'), join(folder, 'two'), join(folder, 'folder')];
  writeFileSync(one, `web ${KEY_A}\r\n`);
  writeFileSync(two, `\tweb\t${KEY_B}`);
  mkdirSync(notAFile);
  const knownHosts = await loadKnownHosts([join(folder, 'missing'), one, notAFile, two]);
  expect(knownHosts.lookup('web', 22).keys).toEqual([
    { key: KEY_A, file: one, line: 1 },
    { key: KEY_B, file: two, line: 1 },
  ]);
  const reason = 'EISDIR: illegal operation on a directory, read';
  expect(knownHosts.warnings).toEqual([`known_hosts file ${notAFile} cannot be read and is ignored: ${reason}`]);
});

describe.skipIf(requireProgram('ssh') === null)('a file hashed by ssh-keygen -H', () => {
  test('finds the same hosts as before', async () => {
    const file = join(tempDir(), 'known_hosts');
    writeFileSync(file, `web,203.0.113.7 ${KEY_A}\n[web]:2222 ${KEY_B}\n@revoked web ${KEY_ECDSA}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).not.toContain('web,');
    const knownHosts = await loadKnownHosts([file]);
    const keysOf = (...lookup: Lookup): string[] => knownHosts.lookup(...lookup).keys.map(({ key }) => key);
    expect(keysOf('web', 22)).toEqual([KEY_A]);
    expect(keysOf('203.0.113.7', 22)).toEqual([KEY_A]);
    expect(keysOf('web', 2222)).toEqual([KEY_B]);
    expect(keysOf('other', 22)).toEqual([]);
    expect(knownHosts.lookup('web', 22).revoked.map(({ key }) => key)).toEqual([KEY_ECDSA]);
  });
});
