import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { PassThrough, Writable } from 'node:stream';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { cleanEnv, type SpotOptions, type SpotResult } from './spot.ts';

type Options = Pick<SpotOptions, 'cwd' | 'env'> & { readonly home: string };
type Main = (argv: readonly string[], process: NodeJS.Process) => Promise<number>;

const ENTRY = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let main: Promise<Main> | null = null;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs what the binary runs, `dist/main.js`, within this process: many short commands cost as much as one that way, where
 * each process would take a fifth of a second to begin. One after the other, as a process has one folder and one
 * environment. For commands that end by themselves, have no terminal and take no signal.
 */
export function runSpotHere(args: readonly string[], options: Options): Promise<SpotResult> {
  const result = last.then(() => runOne(args, options));
  last = result.catch(() => undefined);
  return result;
}

async function runOne(args: readonly string[], { cwd, home, env }: Options): Promise<SpotResult> {
  const run = await (main ??= load());
  const tmp = join(home, 'tmp');
  mkdirSync(tmp);
  const output = { stdout: '', stderr: '' };
  const before = { cwd: process.cwd(), env: process.env };
  const started = performance.now();
  try {
    process.chdir(cwd);
    process.env = cleanEnv(home, tmp, env);
    const code = await run(args, surroundings(output));
    const end = { exitCode: code, signal: null, ms: performance.now() - started };
    return { ...output, ...end, leftInTmp: readdirSync(tmp) };
  } finally {
    process.env = before.env;
    process.chdir(before.cwd);
    rmSync(tmp, { recursive: true });
  }
}

/** This process, with streams of its own and an empty stdin. */
function surroundings(output: { stdout: string; stderr: string }): NodeJS.Process {
  const collect = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      decodeStrings: false,
      write: (chunk: string | Uint8Array, _encoding, done) => {
        output[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
        done();
      },
    });
  return Object.create(process, {
    stdout: { value: collect('stdout') },
    stderr: { value: collect('stderr') },
    stdin: { value: new PassThrough().end() },
    exitCode: { value: undefined, writable: true },
  }) as NodeJS.Process;
}

/** By Node itself, as vitest.config.ts says: what is built is not to be built again by the test runner. */
async function load(): Promise<Main> {
  if (!existsSync(ENTRY)) throw new Error('spot is not built yet: run npm run build first');
  const built = (await import(pathToFileURL(ENTRY).href)) as { readonly main: Main };
  return built.main;
}
