import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { runSpot, startSpot } from '../helpers/spot.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

leakCheck();

describe('the binary', () => {
  test('says the version of package.json and leaves nothing behind', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const result = await runSpot(['--version'], { cwd: tempDir() });
    expect(result).toEqual({
      stdout: `${version}\n`,
      stderr: '',
      exitCode: 0,
      signal: null,
      ms: expect.any(Number),
      leftInTmp: [],
    });
  });

  test('that does not end in time is killed, and that is an error', async () => {
    const late = startSpot(['demo'], { cwd: tempDir(), timeoutMs: 1 });
    await expect(late.result).rejects.toThrow('spot ran longer than 1 ms');
  });

  test('brings the licenses of the packages inside it', () => {
    const licenses = readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['commander', 'yaml', 'listr2', 'tar'])
      expect(licenses).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });
});

describe('the binary refuses with one sentence', () => {
  /** A copy of bin/ beside nothing else. */
  function copyOfBin(): string {
    const folder = tempDir();
    cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    return join(folder, 'bin/spot.js');
  }

  function run(...args: string[]): Promise<{ code: unknown; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, args, (error, _, stderr) => resolve({ code: error?.code, stderr }));
    });
  }

  test('to start before it is built', async () => {
    expect(await run(copyOfBin())).toEqual({ code: 1, stderr: 'spot is not built yet: run npm run build first\n' });
  });

  test('to start on an old Node', async () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`;
    expect(await run('--import', `data:text/javascript,${encodeURIComponent(pretend)}`, copyOfBin())).toEqual({
      code: 1,
      stderr: 'spot needs Node.js 20 or newer, this is 18.20.4: install a newer one from https://nodejs.org\n',
    });
  });
});
