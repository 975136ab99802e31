import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { startSandbox } from '../../src/transport/ssh/sandbox/sandbox.ts';
import { shellCommand } from '../../src/util/shell-quote.ts';
import { leakMark, LEAK_MARK, noteClient } from '../helpers/leak-mark.ts';
import { removeDeployFolders } from '../helpers/leaks.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { ROOT } from './markdown.ts';

/** Somebody who follows a page by typing its blocks, one after the other, in one folder. */
export interface Reader {
  /** Runs a block as a script that ends at the first failure. @returns stdout and stderr in one, as a terminal has them */
  run(script: string): Promise<{ readonly exitCode: number | null; readonly output: string }>;
}

/** The names that the pages use, as the reader's ~/.ssh/config knows them: each is an instance of a sandbox. */
const NAMES = ['web-1', 'web-2'];

/** Gives a reader a home, an empty folder, `spot` in the PATH and instances that answer to the names of the pages. */
export async function startReader(): Promise<Reader> {
  const folder = tempDir();
  const [home, cwd, bin] = ['home', 'project', 'bin'].map((name) => makeFolder(join(folder, name))) as [
    string,
    string,
    string,
  ];
  const sandbox = await startSandbox({ count: NAMES.length, folder });
  onTestFinished(async () => {
    await sandbox.close();
    removeDeployFolders();
  });
  const ssh = makeFolder(join(home, '.ssh'));
  copyFileSync(sandbox.privateKeyPath, join(ssh, 'id_ed25519'));
  const entries = sandbox.instances.map(({ address, port, user }, index) => {
    return `Host ${NAMES[index]}\n  HostName ${address}\n  Port ${port}\n  User ${user}\n`;
  });
  writeFileSync(join(ssh, 'config'), entries.join(''));
  const clients = join(folder, 'clients');
  writeFileSync(join(bin, 'spot'), wrapper(clients), { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: home, LANG: 'C.UTF-8', [LEAK_MARK]: leakMark() };
  return {
    run: async (script) => {
      const child = spawn('sh', ['-euc', `exec 2>&1\n${script}`], { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
      const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
      const [output, exitCode] = await Promise.all([text(child.stdout), exit]);
      if (existsSync(clients)) for (const pid of readFileSync(clients, 'utf8').split('\n')) noteClient(Number(pid));
      return { exitCode, output };
    },
  };
}

/** `spot`, which leaves its process id for the leak check. */
function wrapper(clients: string): string {
  const spot = shellCommand([process.execPath, join(ROOT, 'bin/spot.js')]);
  return `#!/bin/sh\necho $$ >>${shellCommand([clients])}\nexec ${spot} "$@"\n`;
}

function makeFolder(path: string): string {
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/** What differs from run to run, and how it reads when it does not. */
const BLURS: readonly (readonly [RegExp, string])[] = [
  [/\d{8}-\d{6}-[0-9a-f]{4,8}/g, '<run>'],
  [/\d{8}T\d{6,12}[._]\d+/g, '<stamp>'],
  [/sha256 [0-9a-f]{16}…/g, 'sha256 <digest>'],
  [/\/\S*\/spot-demo-\w+/g, '<demo>'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  [/host = .*/g, 'host = <host>'],
  [/\S+@\S+(?= {2})/g, '<who>'],
  [/\b\d+(\.\d+)? (ms|s)\b/g, '<time>'],
  [/\b\d+(\.\d+)? (B|KB)\b/g, '<size>'],
  [/"\d+\.\d{3}"/g, '"<seconds>"'],
  [/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"/g, '"<when>"'],
  [/\b[0-9a-f]{64}\b/g, '<digest>'],
  // the widths of columns follow from what stands in them
  [/ {2,}/g, '  '],
];

/**
 * The lines of an output without what differs from run to run, in an order of their own, as instances are not served in
 * any.
 */
export function essence(output: string): string[] {
  const text = BLURS.reduce((blurred, [pattern, word]) => blurred.replace(pattern, word), output);
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .sort();
}

/** The keys of a JSON value: what stands at a place of an array or is plain does not count, its shape does. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))].sort();
  if (typeof value !== 'object' || value === null) return '·';
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, shapeOf(inner)]),
  );
}
