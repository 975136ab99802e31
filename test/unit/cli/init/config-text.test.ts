import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configText, type Decisions } from '../../../../src/cli/init/config-text.ts';
import { load, withFolder } from '../../config/load.ts';

const NOTHING: Decisions = {
  username: null,
  privateKey: null,
  publicKey: null,
  regions: [],
  profile: null,
  stateDir: null,
  filesDir: null,
};

test('where nothing was decided the file changes nothing', () =>
  withFolder(async (root) => {
    const written = await load({ files: { 'work/config.yaml': configText(NOTHING) } }, root);
    expect(written).toEqual(await load({ files: { 'work/config.yaml': '' } }, root));
  }));

test('what was decided counts, and nothing else does', () =>
  withFolder(async (root) => {
    const decisions: Decisions = {
      username: 'ann',
      privateKey: '~/.ssh/team key',
      publicKey: '~/.ssh/team key.pub',
      regions: ['eu-west-1', 'us-east-2'],
      profile: 'no',
      stateDir: './state: 1',
      filesDir: './files',
    };
    const usual = await load({ files: { 'work/config.yaml': '' } }, root);
    const written = await load({ files: { 'work/config.yaml': configText(decisions) } }, root);
    expect(written).toEqual({
      ...usual,
      aws: {
        ...usual.aws,
        username: 'ann',
        privateSshKeyPath: join(root, 'home/.ssh/team key'),
        publicSshKeyPath: join(root, 'home/.ssh/team key.pub'),
        regions: ['eu-west-1', 'us-east-2'],
        profile: 'no',
        isUsed: true,
      },
      stateDir: join(root, 'work/state: 1'),
      service: { ...usual.service, listen: join(root, 'work/state: 1/service.sock') },
      filesDirGiven: true,
    });
  }));

test('every hint, switched on, is a setting', () =>
  withFolder(async (root) => {
    const text = configText(NOTHING).replace(/^( *)# ([a-z_]+: \S+)$/gm, '$1$2');
    expect(text).toMatch(/^ {2}execution_timeout: 5m$/m);
    const { aws, confirmAbove } = await load({ files: { 'work/config.yaml': text } }, root);
    expect([aws.username, aws.profile, confirmAbove]).toEqual(['ubuntu', 'staging', 10]);
  }));

test.each(['true', '~', '0x1f', 'a: b', "it's", '"q"', '#x', '- x', ' x', 'ä', 'null', '1e3', '*a', '&a'])(
  'a name such as %o is the same when it is read again',
  (profile) =>
    withFolder(async (root) => {
      const { aws } = await load({ files: { 'work/config.yaml': configText({ ...NOTHING, profile }) } }, root);
      expect(aws.profile).toBe(profile);
    }),
);
