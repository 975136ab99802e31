import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MIGRATIONS } from '../../src/state/migrations.ts';
import { shellCommand } from '../../src/util/shell-quote.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { runSpotHere } from '../helpers/spot-here.ts';
import { DEAD_SPEC, Project } from './project.ts';

/** One block of errors.txt. */
interface Case {
  readonly title: string;
  /** what is typed before */
  readonly preparation: readonly string[];
  /** the words behind `spot` */
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly stderr: string;
}

leakCheck();

const BIN = fileURLToPath(new URL('../../bin/spot.js', import.meta.url));

function readCases(): Case[] {
  const text = readFileSync(new URL('errors.txt', import.meta.url), 'utf8');
  return text
    .split(/\n{2,}/)
    .filter((block) => block.includes('\n  $ spot'))
    .map(readCase);
}

function readCase(block: string): Case {
  const [title = '', ...lines] = block
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^ {2}/, ''));
  const typed = lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  const [exitCode, ...stderr] = lines.slice(typed.length);
  const words = typed.at(-1)?.match(/'[^']*'|\S+/g) ?? [];
  return {
    title,
    preparation: typed.slice(0, -1),
    args: words.slice(1).map((word) => word.replace(/^'(.*)'$/, '$1')),
    exitCode: Number(exitCode),
    stderr: stderr.map((line) => `${line}\n`).join(''),
  };
}

/** What is typed before; `spot` with plain words needs no shell. */
async function prepare(line: string, project: Project): Promise<void> {
  const [, words = ''] = /^spot ([\w./@=: -]+)$/.exec(line) ?? [];
  if (words === '') return type(line, project);
  const { exitCode, stderr } = await runSpotHere(words.split(' '), project);
  if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
}

/** As a shell of the project's user does it, who has `spot` in the PATH. */
function type(line: string, { cwd, home }: Project): void {
  const env = { PATH: process.env['PATH'], HOME: home };
  const spot = shellCommand([process.execPath, BIN]);
  execFileSync('sh', ['-c', `spot() { ${spot} "$@"; }\n${line}`], { cwd, env });
}

/** A key that is made once for all of them. */
let keys: string;
beforeAll(() => {
  keys = mkdtempSync(join(tmpdir(), 'spot-keys-'));
  makeKeyPair(join(keys, 'id'));
});
afterAll(() => rmSync(keys, { recursive: true }));

/** A project with a script, a key and one instance that nobody has ever reached. */
function aProject(): Project {
  const project = new Project();
  project.write('ok.sh', 'true\n');
  for (const end of ['', '.pub']) copyFileSync(join(keys, `id${end}`), join(project.cwd, `id${end}`));
  project.write('config.yaml', 'aws:\n  private_ssh_key_path: id\n');
  project.add('web-1', DEAD_SPEC);
  return project;
}

describe.skipIf(requireProgram('sqlite3') === null)('errors.txt:', () => {
  test.each(readCases())('$title', async ({ preparation, args, exitCode, stderr }) => {
    const project = aProject();
    for (const line of preparation) await prepare(line, project);
    const result = await runSpotHere(args, project);
    const shown = result.stderr.replaceAll(project.cwd, 'PROJECT').replaceAll(project.home, 'HOME');
    expect({ ...result, stderr: shown }).toEqual({
      stdout: '',
      stderr: stderr.replace('VERSION', String(MIGRATIONS.length)),
      exitCode,
      signal: null,
      ms: expect.any(Number) as number,
      leftInTmp: [],
    });
  });
});

test('CRLF line ends are warned of, and the script runs', async () => {
  const project = aProject();
  project.write('crlf.sh', '#!/bin/sh\r\ntrue\r\n');
  const { stderr, exitCode } = await project.run(['upload-script', 'crlf.sh', '--quiet']);
  expect(exitCode).toBe(4);
  expect(stderr).toContain(
    'spot: warning: crlf.sh: has lines that end in CRLF: the interpreter line ends in a carriage return, which is left ' +
      'out to run it by /bin/sh, and a shell takes each carriage return for a part of the command; ' +
      "convert it with: sed -i 's/\\r$//' crlf.sh\n",
  );
});

test('a missing --env-file is an error that names it, even where Node itself is the first to look for it', async () => {
  const { stderr, exitCode } = await aProject().run(['upload-script', 'ok.sh', '--env-file', 'gone.env']);
  expect(stderr).toMatch(/(node|spot): .*gone\.env.*\n$/);
  expect(exitCode).toBeGreaterThan(0);
});

test('a current folder that is gone is told as such', async () => {
  const { cwd } = new Project();
  const line = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" list';
  await expect(promisify(execFile)('sh', ['-c', line, process.execPath, BIN], { cwd })).rejects.toMatchObject({
    code: 66,
    stderr: 'spot: the current folder cannot be used (no such file or directory); change into another one\n',
  });
});
