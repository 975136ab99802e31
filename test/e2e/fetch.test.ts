import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { DEAD_SPEC, type Project, projectOf } from './project.ts';

leakCheck();

/** Names that a shell, a terminal or a line of text would stumble over. */
const HOSTILE_NAMES = [
  'a b',
  "it's",
  '"q"',
  '$(touch x)',
  '`id`',
  '-n',
  '--',
  'two\nlines',
  'tail\n',
  '*',
  '[x]',
  '\\',
  'ü',
  '\u001B[31m',
  '~',
  ';',
  '#',
  '%s',
  '...',
];

interface Document {
  exit_code: number;
  instances: {
    name: string;
    outcome: string;
    error: { code: string; message: string } | null;
    files: { path: string; bytes: number; sha256: string | null; same: boolean }[];
    refused: { path: string; code: string; message: string }[];
  }[];
}

describe.skipIf(requireProgram('sshd') === null)('spot fetch', () => {
  let hosts: SshdHost[];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.close()));
  });

  /** A run of this script on some hosts, its files folders there until the test is over. */
  async function runOf(script: string, on: readonly SshdHost[] = hosts): Promise<Project> {
    const project = projectOf(on);
    onTestFinished(() => void removeDeployFolders());
    project.write('make.sh', script);
    const { exitCode, stderr } = await project.run(['upload-script', 'make.sh', '--yes', '--quiet']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    return project;
  }

  async function fetchJson(project: Project, ...args: string[]): Promise<Document> {
    const { stdout, stderr, exitCode } = await project.run(['fetch', 'last', '--json', '--to', 'got', ...args]);
    expect(stdout, stderr).not.toBe('');
    const document = JSON.parse(stdout) as Document;
    expect(document.exit_code).toBe(exitCode);
    return document;
  }

  test('brings what matches home, a folder for each instance, and says so', async () => {
    const project = await runOf(
      'cd "$DEPLOY_FILES_DIR" && mkdir -p out/deep && echo "$SPOT_INSTANCE_ID" >out/a.csv && echo b >out/deep/b.csv && echo c >out/c.txt',
    );
    const { exitCode, stdout, stderr } = await project.run(['fetch', 'last', 'out/**/*.csv']);
    const [run] = project.rows('SELECT id FROM runs');
    const folder = `fetched/${String(run?.['id'])}`;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr.split('\n').sort()).toEqual([
      '',
      `4 files, 16 B; 2 of 2 instances gave all that was asked for.`,
      `Files: ${folder}`,
      'web-1  fetched 2 files, 8 B',
      'web-2  fetched 2 files, 8 B',
    ]);
    expect(readdirSync(join(project.cwd, folder), { recursive: true }).sort()).toEqual(
      ['web-1', 'web-2'].flatMap((name) => [
        name,
        `${name}/out`,
        `${name}/out/a.csv`,
        `${name}/out/deep`,
        `${name}/out/deep/b.csv`,
      ]),
    );
    expect([project.read(`${folder}/web-1/out/a.csv`), project.read(`${folder}/web-2/out/a.csv`)]).toEqual([
      'web-1\n',
      'web-2\n',
    ]);
  });
  test('takes any name for what it is', async () => {
    const project = await runOf('true', hosts.slice(0, 1));
    const home = join((hosts[0] as SshdHost).home, 'names');
    mkdirSync(home);
    for (const name of HOSTILE_NAMES) writeFileSync(join(home, name), name);
    const document = await fetchJson(project, '~/names/**');
    expect(document.instances[0]).toMatchObject({ outcome: 'fetched', refused: [] });
    const got = join(project.cwd, 'got/web-1/names');
    expect(readdirSync(got).sort()).toEqual([...HOSTILE_NAMES].sort());
    for (const name of HOSTILE_NAMES) expect(readFileSync(join(got, name), 'utf8')).toBe(name);
  });
});
