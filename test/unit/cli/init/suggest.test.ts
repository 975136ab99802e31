import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { profilesIn } from '../../../../src/cli/init/found-aws.ts';
import { type Found, findAll, suggest, suggestedAws, suggestedRegion } from '../../../../src/cli/init/suggest.ts';
import { makeKeyPair } from '../../../helpers/keys.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { ioOf } from '../../../service/io.ts';

const NOTHING: Found = {
  keys: { agent: [], files: [] },
  aws: { profiles: [], profileInUse: null, regionInUse: null, hasKeys: false },
  hosts: [],
  hasFiles: false,
};

/** A machine with this in the home of its user. */
function machine(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const root = tempDir();
  const home = join(root, 'home');
  const cwd = join(root, 'work');
  for (const folder of [cwd, join(home, '.ssh'), join(home, '.aws')]) mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) writeFileSync(join(home, path), content);
  return { home, cwd, io: ioOf({ cwd, home }, env) };
}

describe('what a machine tells', () => {
  test('is nothing on one where nothing is', async () => {
    expect(await findAll(machine({}).io)).toEqual(NOTHING);
  });

  test('are private keys, those first that ssh tries by itself, and no other file of ~/.ssh', async () => {
    const { home, io } = machine({ '.ssh/known_hosts': 'h ssh-ed25519 AAAA\n', '.ssh/notes': 'BEGIN PRIVATE KEY' });
    for (const name of ['team.pem', 'id_rsa', 'id_ed25519']) makeKeyPair(join(home, '.ssh', name));
    expect((await findAll(io)).keys).toEqual({
      agent: [],
      files: ['~/.ssh/id_ed25519', '~/.ssh/id_rsa', '~/.ssh/team.pem'],
    });
  });

  test('are AWS profiles and what the environment says', async () => {
    const files = {
      '.aws/config':
        '[default]\nregion = eu-west-1\n[profile staging]\nregion=us-west-2 # near\n[sso-session x]\nregion = a\n',
      '.aws/credentials': '[old]\naws_access_key_id = A\nregion = us-east-2\n[staging]\naws_access_key_id = B\n',
    };
    const env = { AWS_PROFILE: 'old', AWS_DEFAULT_REGION: 'ca-central-1', AWS_ACCESS_KEY_ID: 'A' };
    expect((await findAll(machine(files, env).io)).aws).toEqual({
      profiles: [
        { name: 'default', region: 'eu-west-1' },
        { name: 'old', region: 'us-east-2' },
        { name: 'staging', region: 'us-west-2' },
      ],
      profileInUse: 'old',
      regionInUse: 'ca-central-1',
      hasKeys: true,
    });
  });

  test('are the hosts that ~/.ssh/config names, without patterns, forges and what cannot be followed', async () => {
    const config = `Host web-* !web-9
  User ann
Host web-1 db
  HostName 10.0.0.4
  Port 2222
Host hub
  HostName github.com
Host far
  ProxyCommand nc %h %p
`;
    expect((await findAll(machine({ '.ssh/config': config }).io)).hosts).toEqual([
      { name: 'web-1', place: 'ann@10.0.0.4:2222' },
      { name: 'db', place: 'ubuntu@10.0.0.4:2222' },
    ]);
    expect((await findAll(machine({ '.ssh/config': 'Host "\n' }).io)).hosts).toEqual([]);
  });

  test('is a folder of files, not a file', async () => {
    const { cwd, io } = machine({});
    writeFileSync(join(cwd, 'files'), '');
    expect((await findAll(io)).hasFiles).toBe(false);
    const other = machine({});
    mkdirSync(join(other.cwd, 'files'));
    expect((await findAll(other.io)).hasFiles).toBe(true);
  });
});

describe('what is suggested', () => {
  const profiles = profilesIn('[profile a]\nregion = eu-west-1\n', '');
  const several = profilesIn('[profile a]\n[profile b]\n', '');

  test.each([
    ['the agent goes before files', { agent: ['k'], files: ['~/.ssh/id_rsa'] }, null],
    ['the first file', { agent: [], files: ['~/.ssh/id_rsa', '~/.ssh/x'] }, '~/.ssh/id_rsa'],
    ['nothing', { agent: [], files: [] }, null],
  ])('as a key: %s', (_, keys, privateKey) => {
    expect(suggest({ ...NOTHING, keys }, {}, '/nowhere').privateKey).toBe(privateKey);
  });

  test.each([
    ['the only profile', { profiles }, { profile: 'a' }],
    ['none of several', { profiles: several }, null],
    ['the one in use', { profiles: several, profileInUse: 'b' }, { profile: 'b' }],
    ['keys in the environment', { profiles: several, hasKeys: true }, { profile: null }],
    ['the default profile, without naming it', { profiles: profilesIn('', '[default]\n[a]\n') }, { profile: null }],
    ['nothing where nothing is', {}, null],
  ])('for EC2: %s', (_, found, expected) => {
    expect(suggestedAws({ ...NOTHING.aws, ...found }, {})).toEqual(expected);
    expect(suggestedAws({ ...NOTHING.aws, ...found }, { aws: false })).toBeNull();
    expect(suggestedAws({ ...NOTHING.aws, ...found }, { profile: 'z' })).toEqual({ profile: 'z' });
  });

  test('as a region: the environment goes before the profile', () => {
    expect(suggestedRegion({ ...NOTHING.aws, profiles }, { profile: 'a' })).toBe('eu-west-1');
    expect(suggestedRegion({ ...NOTHING.aws, profiles, regionInUse: 'us-east-2' }, { profile: 'a' })).toBe('us-east-2');
    expect(suggestedRegion({ ...NOTHING.aws, profiles }, { profile: null })).toBeNull();
  });

  test('flags go before everything', () => {
    const found = { ...NOTHING, keys: { agent: [], files: ['~/.ssh/x'] }, hasFiles: true };
    const given = { user: 'ann', key: 'k', region: ['eu-west-1'], profile: 'p', files: './web', stateDir: 's' };
    expect(suggest(found, given, '/nowhere')).toEqual({
      username: 'ann',
      privateKey: 'k',
      publicKey: null,
      regions: ['eu-west-1'],
      profile: 'p',
      stateDir: 's',
      filesDir: './web',
    });
  });
});
