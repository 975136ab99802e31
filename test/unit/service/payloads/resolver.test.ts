import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Payload } from '../../../../src/model/payload.ts';
import { PayloadStore } from '../../../../src/payload/store.ts';
import { createResolver, type PayloadResolver } from '../../../../src/service/payloads/resolver.ts';
import { openState, type State } from '../../../../src/state/state.ts';
import { addVersion } from '../../../state/payloads.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { failureOf } from '../../payload/support.ts';

const NOW = Date.UTC(2026, 0, 2);
const KEEP = 3;

let stateDir: string;
let root: string;
let state: State;
let store: PayloadStore;
let now: number;
let warnings: string[];

beforeEach(() => {
  const folder = tempDir();
  stateDir = join(folder, 'state');
  root = join(folder, 'payloads');
  mkdirSync(join(root, 'other'), { recursive: true });
  now = NOW;
  warnings = [];
  state = openState(stateDir, { clock: { now: () => now } });
  onTestFinished(() => state.close());
  store = new PayloadStore(stateDir, state.payloads);
});

function resolverOf(): PayloadResolver {
  return createResolver({
    table: state.payloads,
    store,
    keep: KEEP,
    fence: { roots: [root], maxBytes: 1000 },
    clock: { now: () => now },
    warn: (message) => void warnings.push(message),
  });
}

function script(name: string, text: string): string {
  writeFileSync(join(root, name), text);
  return join(root, name);
}

/** Packing the same again makes another file. */
function inodeOf(payload: Payload): number {
  return statSync(payload.path).ino;
}

describe('a script that is named by its path', () => {
  test('is packed and registered under the name of its file, as on the command line', async () => {
    const path = script('deploy.sh', '#!/bin/sh\necho 1\n');
    const { reference, payload, environment, needed } = await resolverOf().resolve({ path });
    expect(reference).toEqual({ name: 'deploy.sh', version: 1, digest: payload.digest });
    expect(payload).toMatchObject({ path: store.archiveOf(payload.digest), fileCount: 0 });
    expect(payload.manifest).toMatchObject({ interpreter: ['/bin/sh'], files: [], metadata: { name: 'deploy.sh' } });
    expect([environment.size, needed]).toEqual([0, []]);
    expect(state.payloads.list()).toMatchObject([{ name: 'deploy.sh', version: 1, isActive: true }]);
    expect(store.has(payload.digest)).toBe(true);
  });

  test('is packed once, however often and by how many at once it is asked for', async () => {
    const path = script('deploy.sh', 'echo 1\n');
    const resolver = resolverOf();
    const all = await Promise.all(Array.from({ length: 50 }, () => resolver.resolve({ path })));
    const [{ payload } = await resolver.resolve({ path })] = all;
    const inode = inodeOf(payload);
    for (let time = 0; time < 50; time += 1) expect((await resolver.resolve({ path })).payload).toBe(payload);
    expect(inodeOf(payload)).toBe(inode);
    expect(new Set(all.map(({ reference }) => JSON.stringify(reference))).size).toBe(1);
    expect(state.payloads.list()).toHaveLength(1);
  });

  test('is another version where its content has changed, and an earlier one where it is as before', async () => {
    const resolver = resolverOf();
    const versions: number[] = [];
    for (const text of ['echo 1\n', 'echo 2\n', 'echo 1\n', 'echo 1\n', 'echo 2\n']) {
      const { reference } = await resolver.resolve({ path: script('deploy.sh', text) });
      versions.push(reference.version);
      expect(state.payloads.find('deploy.sh', null)?.version).toBe(reference.version);
    }
    expect(versions).toEqual([1, 2, 1, 1, 2]);
  });

  test('is another payload where another file of that content has another name', async () => {
    const resolver = resolverOf();
    const a = await resolver.resolve({ path: script('a.sh', 'echo 1\n') });
    const b = await resolver.resolve({ path: script('b.sh', 'echo 1\n') });
    expect([a.reference.name, b.reference.name]).toEqual(['a.sh', 'b.sh']);
    expect(a.reference.digest).not.toBe(b.reference.digest);
  });

  test('is registered again where its version was removed meanwhile', async () => {
    const path = script('deploy.sh', 'echo 1\n');
    const resolver = resolverOf();
    const { reference } = await resolver.resolve({ path });
    store.discard(state.payloads.remove('deploy.sh', null).map(({ checksum }) => checksum));
    expect(store.has(reference.digest)).toBe(false);
    expect((await resolver.resolve({ path })).reference).toEqual(reference);
    expect(store.has(reference.digest)).toBe(true);
    expect(state.payloads.list()).toHaveLength(1);
  });

  test.each<[string, (path: string) => void]>([
    ['gone', (path) => rmSync(path)],
    ['damaged', (path) => writeFileSync(path, 'no archive')],
  ])('is packed again where its archive is %s', async (_, spoil) => {
    const path = script('deploy.sh', 'echo 1\n');
    const resolver = resolverOf();
    const first = await resolver.resolve({ path });
    const bytes = readFileSync(first.payload.path);
    spoil(first.payload.path);
    const second = await resolver.resolve({ path });
    expect(second.reference).toEqual(first.reference);
    expect(readFileSync(second.payload.path)).toEqual(bytes);
  });

  test('tells the log what will probably go wrong with it, once, and nothing of what is in it', async () => {
    const path = script('windows.sh', 'echo word-in-script\r\n');
    const resolver = resolverOf();
    await resolver.resolve({ path });
    await resolver.resolve({ path });
    expect(warnings).toEqual([expect.stringContaining(`${path} has lines that end in CRLF`)]);
    expect(warnings.join()).not.toContain('word-in-script');
  });

  test('stays on disk while it is asked for, although a later version pushes it out of the registry', async () => {
    const resolver = resolverOf();
    const path = script('deploy.sh', 'echo 0\n');
    const { reference } = await resolver.resolve({ path });
    now += 2 * 3_600_000;
    await resolver.resolve({ path });
    expect(Math.round(statSync(store.archiveOf(reference.digest)).mtimeMs)).toBe(now);
    for (let time = 1; time <= KEEP; time += 1) await resolver.resolve({ path: script('deploy.sh', `echo ${time}\n`) });
    expect(state.payloads.ofContent(reference.digest)).toBeNull();
    expect((await resolver.open(reference)).payload.digest).toBe(reference.digest);
  });

  test('is refused as the fence says', async () => {
    const path = join(root, 'none.sh');
    expect((await failureOf(() => resolverOf().resolve({ path })))[1]).toBe('payload-not-found');
    expect(existsSync(store.folder)).toBe(false);
  });
});

describe('a registered payload', () => {
  test('is found by its name, with a version or not, and brings the values that belong to it', async () => {
    await addVersion(state, stateDir, { name: 'web', text: 'echo 1\n', environment: ['MODE=fast', 'TOKEN'] });
    await addVersion(state, stateDir, { name: 'web', text: 'echo 2\n' });
    const resolver = resolverOf();
    expect((await resolver.resolve({ reference: 'web' })).reference.version).toBe(2);
    const { reference, environment, needed } = await resolver.resolve({ reference: 'web@1' });
    expect(reference.version).toBe(1);
    expect([...environment].map(([name, value]) => [name, value.reveal()])).toEqual([['MODE', 'fast']]);
    expect(needed).toEqual(['TOKEN']);
  });

  test.each([
    ['none', 'no-such-payload', 'there is no payload none; see what there is with: spot payload list'],
    ['wep', 'no-such-payload', 'there is no payload wep; did you mean web?'],
    ['web@7', 'no-such-version', 'there is no web@7; it has version 1 (active)'],
    ['web@x', 'no-such-version', 'there is no "web@x"; it has version 1 (active)'],
    ['../web', 'no-such-payload', 'there is no payload "../web"; see what there is with: spot payload list'],
    ['', 'no-such-payload', 'there is no payload ""; see what there is with: spot payload list'],
  ])('is missed by the word %j', async (word, code, message) => {
    await addVersion(state, stateDir, { name: 'web', text: 'echo 1\n' });
    expect(await failureOf(() => resolverOf().resolve({ reference: word }))).toEqual([66, code, message]);
  });

  test('is opened once, and again where its archive was written to', async () => {
    const { payload } = await addVersion(state, stateDir, { name: 'web', text: 'echo 1\n' });
    const resolver = resolverOf();
    const first = await resolver.resolve({ reference: 'web' });
    expect((await resolver.resolve({ reference: 'web' })).payload).toBe(first.payload);
    expect((await resolver.open(first.reference)).payload).toBe(first.payload);
    const bytes = readFileSync(payload.path);
    writeFileSync(payload.path, bytes.fill(0, 20));
    utimesSync(payload.path, 1, 1);
    expect((await failureOf(() => resolver.open(first.reference)))[1]).toBe('payload-damaged');
    rmSync(payload.path);
    expect((await failureOf(() => resolver.resolve({ reference: 'web' })))[1]).toBe('payload-gone');
  });
});

describe('an uploaded archive', () => {
  test('is found by its digest', async () => {
    const { payload } = await addVersion(state, stateDir, { name: 'web', text: 'echo 1\n' });
    const { reference } = await resolverOf().resolve({ digest: payload.digest });
    expect(reference).toEqual({ name: 'web', version: 1, digest: payload.digest });
  });

  test('is a version again where others of its name have pushed it out meanwhile', async () => {
    const { payload } = await addVersion(state, stateDir, { name: 'web', text: 'echo 1\n' });
    for (const text of ['2', '3', '4', '5']) await addVersion(state, stateDir, { name: 'web', text, keep: KEEP });
    expect(state.payloads.ofContent(payload.digest)).toBeNull();
    const { reference } = await resolverOf().resolve({ digest: payload.digest });
    expect(reference).toEqual({ name: 'web', version: 6, digest: payload.digest });
  });

  test.each(['0'.repeat(64), '../../../etc/passwd', '', 'A'.repeat(64)])('is not found by %j', async (digest) => {
    await addVersion(state, stateDir, { name: 'web', text: 'echo 1\n' });
    const before = readdirSync(store.folder);
    expect(await failureOf(() => resolverOf().resolve({ digest }))).toEqual([
      66,
      'upload-unknown',
      'no payload of that digest was uploaded, or it is too long ago; upload it again',
    ]);
    expect(readdirSync(store.folder)).toEqual(before);
  });
});
