import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { load, withFolder } from './load.ts';
import type { Given } from './load.ts';

const LEVELS: readonly Given[] = [
  { flags: { 'limits.concurrency': '1' } },
  { env: { SPOT_LIMITS_CONCURRENCY: '2' } },
  { files: { 'work/config.yaml': 'limits: { concurrency: 3 }' } },
  { files: { 'xdg/spot/config.yaml': 'limits: { concurrency: 4 }' } },
];

test.each([
  ['a flag goes before all', 0, 1],
  ['a variable goes before the files', 1, 2],
  ['./config.yaml goes before the file of the user', 2, 3],
  ['the file of the user goes before the default', 3, 4],
  ['the default comes last', 4, 100],
])('%s', (_name, strongest, concurrency) =>
  withFolder(async (root) => {
    const levels = LEVELS.slice(strongest);
    const env = Object.assign({ XDG_CONFIG_HOME: join(root, 'xdg') }, ...levels.map((level) => level.env));
    const files = Object.assign({}, ...levels.map((level) => level.files));
    const config = await load({ flags: levels[0]?.flags ?? {}, env, files }, root);
    expect(config.limits.concurrency).toBe(concurrency);
  }),
);

test('the sources are merged key by key', () =>
  withFolder(async (root) => {
    const { limits, aws } = await load(
      {
        flags: { 'limits.connect_timeout': '1s' },
        env: { SPOT_LIMITS_UPLOAD_TIMEOUT: '2s', SPOT_AWS_REGIONS: 'eu-west-1, eu-west-2,eu-west-1' },
        files: {
          'work/config.yaml': 'limits: { execution_timeout: 3s }',
          'home/.config/spot/config.yaml': 'limits: { kill_grace: 4s, execution_timeout: 9s }',
        },
      },
      root,
    );
    const { connectTimeoutMs, uploadTimeoutMs, executionTimeoutMs, killGraceMs } = limits;
    expect([connectTimeoutMs, uploadTimeoutMs, executionTimeoutMs, killGraceMs]).toEqual([1000, 2000, 3000, 4000]);
    expect(aws.regions).toEqual(['eu-west-1', 'eu-west-2']);
  }));

test('--config replaces ./config.yaml, and the file of the user still fills what it leaves out', () =>
  withFolder(async (root) => {
    const files = {
      'home/my.yaml': 'limits: { concurrency: 5 }',
      'work/config.yaml': 'limits: { concurrency: 6, kill_grace: 6s }',
      'home/.config/spot/config.yaml': 'limits: { concurrency: 7, connect_timeout: 7s }',
    };
    const { limits } = await load({ configFile: '~/my.yaml', files }, root);
    expect(limits).toMatchObject({ concurrency: 5, killGraceMs: 10_000, connectTimeoutMs: 7_000 });
  }));

test('a file that is named by --config and is the file of the user, too, is read once', () =>
  withFolder(async (root) => {
    const configFile = join(root, 'home/.config/spot/config.yaml');
    const loading = load({ configFile, files: { 'home/.config/spot/config.yaml': 'limit: 1' } }, root);
    await expect(loading).rejects.toThrow(/^[^\n]* limit is not a known key; did you mean limits\?$/);
  }));

test.each([
  ['empty', ''],
  ['relative', 'xdg'],
])('an XDG_CONFIG_HOME that is %s counts as not set', (_name, XDG_CONFIG_HOME) =>
  withFolder(async (root) => {
    const files = {
      'home/.config/spot/config.yaml': 'limits: { concurrency: 5 }',
      'work/xdg/spot/config.yaml': 'limits: { concurrency: 6 }',
    };
    expect((await load({ env: { XDG_CONFIG_HOME }, files }, root)).limits.concurrency).toBe(5);
  }),
);

test.each([
  ['an empty file', ''],
  ['a file of comments', '# nothing\n'],
  ['a section whose keys are all commented out', 'limits:\n  # concurrency: 3\n'],
  ['null for a key that may be left without a value', 'aws: { username: null }'],
])('%s leaves the defaults', (_name, file) =>
  withFolder(async (root) => {
    expect(await load({ files: { 'work/config.yaml': file } }, root)).toEqual(await load({}, root));
  }),
);

test('a file where the folder of the user would be means that the user has no config file', () =>
  withFolder(async (root) => {
    expect((await load({ files: { 'home/.config': 'x' } }, root)).limits.concurrency).toBe(100);
  }));

test('null takes away what a weaker source sets', () =>
  withFolder(async (root) => {
    const files = {
      'work/config.yaml': 'aws: { username: null }',
      'home/.config/spot/config.yaml': 'aws: { username: admin }',
    };
    expect((await load({ files }, root)).aws.username).toBeNull();
  }));

test('plain values are taken as they are written, and anchors are followed', () =>
  withFolder(async (root) => {
    const file = 'aws:\n  username: 007\nlimits:\n  connect_timeout: &t 3s\n  upload_timeout: *t\n';
    const { aws, limits } = await load({ files: { 'work/config.yaml': file } }, root);
    expect([aws.username, limits.uploadTimeoutMs]).toEqual(['007', 3000]);
  }));

test('variables that belong to someone else are left alone, and an empty one counts as not set', () =>
  withFolder(async (root) => {
    const env = { SPOT_RUN_ID: 'r', SPOT_INSTANCE_ID: 'i', SPOT_PRICE: '1', SPOT_STATE_DIR: '', XSPOT_STATE_DIR: 'x' };
    expect(await load({ env }, root)).toEqual(await load({}, root));
  }));

test.each([
  ['a flag', { flags: { files_dir: 'files' } }],
  ['a variable', { env: { SPOT_FILES_DIR: 'files' } }],
  ['a file', { files: { 'work/config.yaml': 'files_dir: files' } }],
] satisfies [string, Given][])('%s that names the default folder counts as naming it', (_name, given) =>
  withFolder(async (root) => {
    expect(await load(given, root)).toEqual({
      ...(await load({ files: { 'work/config.yaml': '' } }, root)),
      filesDirGiven: true,
    });
  }),
);

test('a flag for a key that does not exist is a mistake in the program', () =>
  withFolder(async (root) => {
    await mkdir(join(root, 'work'));
    const loading = load({ flags: { constructor: '1' } }, root);
    await expect(loading).rejects.toThrow('the flag for constructor has no such config key');
  }));

test('yaml is loaded only where there is a config file', () =>
  withFolder(async (root) => {
    let loads = 0;
    vi.resetModules();
    vi.doMock('yaml', (original) => {
      loads += 1;
      return original();
    });
    onTestFinished(() => vi.doUnmock('yaml'));
    const { load: loadAnew } = await import('./load.ts');
    await loadAnew({ env: { SPOT_STATE_DIR: 'x' } }, root);
    expect(loads).toBe(0);
    await loadAnew({ files: { 'work/config.yaml': 'state_dir: x' } }, root);
    expect(loads).toBe(1);
  }));
