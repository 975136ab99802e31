import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { packPayload } from '../../../src/payload/pack.ts';
import { parseManifest } from '../../../src/payload/parse-manifest.ts';
import { scanFiles } from '../../../src/payload/scan.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { bashScript, directory, failureOf, file, link, packFolder, writeTree } from './support.ts';

const SCRIPT_ONLY = { script: bashScript(), tree: null, environment: [], name: 'deploy.sh' };

let root: string;
let outDir: string;

beforeEach(() => {
  const folder = tempDir();
  root = join(folder, 'files');
  outDir = join(folder, 'state', 'payloads');
});

/** What GNU tar lists, without the times: mode, owner, size, path. */
function listArchive(path: string): string[] {
  const lines = execFileSync('tar', ['-tvzf', path, '--numeric-owner', '--full-time'], { encoding: 'utf8' });
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ +/g, ' '));
}

describe('an archive', () => {
  test('holds manifest, script and files in order, and nothing of this machine', async () => {
    writeTree(root, { 'bin/run': file('12345', 0o755), conf: directory(0o750), current: link('bin/run') });
    const { path } = await packFolder(root, outDir);
    expect(listArchive(path)).toEqual([
      expect.stringMatching(/^-rw------- 0\/0 \d+ 1980-01-01 00:00:00 manifest\.yaml$/),
      '-rwx------ 0/0 11 1980-01-01 00:00:00 script.sh',
      'drwx------ 0/0 0 1980-01-01 00:00:00 files/',
      'drwxr-xr-x 0/0 0 1980-01-01 00:00:00 files/bin/',
      '-rwxr-xr-x 0/0 5 1980-01-01 00:00:00 files/bin/run',
      'drwxr-x--- 0/0 0 1980-01-01 00:00:00 files/conf/',
      'lrwxrwxrwx 0/0 0 1980-01-01 00:00:00 files/current -> bin/run',
    ]);
  });

  test('has its folder of files even where none are sent', async () => {
    const { path, contentBytes } = await packPayload({ ...SCRIPT_ONLY, outDir });
    const names = listArchive(path).map((line) => line.split(' ').at(-1));
    expect(names).toEqual(['manifest.yaml', 'script.sh', 'files/']);
    expect(contentBytes).toBe(11);
  });

  test('names the script after its interpreter', async () => {
    const script = { ...bashScript('print(1)\n'), interpreter: ['/usr/bin/env', 'python3'] };
    const { path, manifest } = await packPayload({ ...SCRIPT_ONLY, script, outDir });
    expect(manifest.entrypoint).toBe('script.py');
    expect(execFileSync('tar', ['-xzOf', path, 'script.py'], { encoding: 'utf8' })).toBe('print(1)\n');
  });

  test('is described by the manifest inside it', async () => {
    writeTree(root, { 'a/x': file('hello', 0o600), l: link('a/x') });
    const tree = await scanFiles(root);
    const payload = await packPayload({ ...SCRIPT_ONLY, tree, environment: ['B', 'A', 'B'], name: 'web', outDir });
    const sha256 = createHash('sha256').update('hello').digest('hex');
    expect(payload.manifest).toEqual({
      version: 'v1',
      interpreter: ['bash'],
      entrypoint: 'script.sh',
      environment: ['A', 'B'],
      files: [
        { type: 'directory', path: 'a', mode: 0o755 },
        { type: 'file', path: 'a/x', sizeBytes: 5, mode: 0o600, sha256 },
        { type: 'link', path: 'l', target: 'a/x' },
      ],
      metadata: { name: 'web' },
    });
    const inside = execFileSync('tar', ['-xzOf', payload.path, 'manifest.yaml'], { encoding: 'utf8' });
    expect(parseManifest(inside)).toEqual(payload.manifest);
    expect(payload.contentBytes).toBe(5 + SCRIPT_ONLY.script.bytes.length);
  });

  test('lies under its SHA-256, for its owner alone', async () => {
    const { path, digest, sizeBytes } = await packPayload({ ...SCRIPT_ONLY, outDir });
    expect(path).toBe(join(outDir, `${digest}.tar.gz`));
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(digest);
    expect(statSync(path).size).toBe(sizeBytes);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(outDir).mode & 0o777).toBe(0o700);
    expect(readdirSync(outDir)).toEqual([`${digest}.tar.gz`]);
  });

  test('is compressed where that helps, and stored where it does not', async () => {
    writeTree(root, { text: file('all the same '.repeat(200_000)) });
    expect((await packFolder(root, outDir)).sizeBytes).toBeLessThan(200_000);
    const noise = noiseOf(3_000_000);
    writeFileSync(join(root, 'text'), noise);
    const { path, sizeBytes } = await packFolder(root, outDir);
    expect(sizeBytes).toBeGreaterThan(3_000_000);
    // Stored means readable as it is.
    expect(readFileSync(path).includes(noise.subarray(1000, 2000))).toBe(true);
    expect(gunzipSync(readFileSync(path)).includes(noise)).toBe(true);
  });

  test('does not pass through memory as a whole', async () => {
    writeTree(root, { big: file('') });
    execFileSync('truncate', ['-s', '128M', join(root, 'big')]);
    let peakBytes = 0;
    const watch = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers)), 1);
    await packFolder(root, outDir).finally(() => clearInterval(watch));
    expect(peakBytes).toBeGreaterThan(0);
    expect(peakBytes).toBeLessThan(64e6);
  });
});

describe('a file that changes between the scan and the packing is noticed', () => {
  test.each<[string, (path: string) => void, string]>([
    ['when it grows', (path) => appendFileSync(path, '6'), 'it had 5 bytes and now has 6'],
    ['when it shrinks', (path) => writeFileSync(path, '123'), 'it had 5 bytes and now has 3'],
    ['when it goes', (path) => rmSync(path), 'it is gone'],
    [
      'when a link takes its place',
      (path) => {
        rmSync(path);
        symlinkSync('/etc/hostname', path);
      },
      'it is a link now',
    ],
  ])('%s', async (_, change, how) => {
    writeTree(root, { a: file('12345'), b: file('12345') });
    const tree = await scanFiles(root);
    change(join(root, 'b'));
    const message = `${root}/b changed while it was packed: ${how}; try again once nothing writes to it`;
    const failure = await failureOf(() => packPayload({ ...SCRIPT_ONLY, tree, outDir }));
    expect(failure).toEqual([66, 'file-changed', message]);
  });
});

/** Bytes that do not compress, the same in every run. */
function noiseOf(length: number): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 32) }, (_, n) => createHash('sha256').update(`${n}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}
