import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { leakMark, LEAK_MARK, noteClient } from './leak-mark.ts';
import { waitFor } from './wait-for.ts';

const BIN = fileURLToPath(new URL('../../bin/spot.js', import.meta.url));

export interface SpotOptions {
  /** where it is started; its `.spot` lands here */
  readonly cwd: string;
  /** HOME; a new empty folder by default, gone afterwards */
  readonly home?: string;
  /** added to an environment that holds nothing but PATH, HOME, TMPDIR and LANG */
  readonly env?: Readonly<Record<string, string>>;
  /** all of its stdin (empty by default), or `open`: the test writes to `stdin` itself */
  readonly stdin?: string | Uint8Array | 'open';
  /** `ulimit -n`, soft and hard; that of this process by default */
  readonly maxOpenFiles?: number;
  /** killed after this, and the result is an error; 30 s by default */
  readonly timeoutMs?: number;
}

export interface SpotResult {
  readonly stdout: string;
  readonly stderr: string;
  /** null where a signal ended it */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly ms: number;
  /** names of what it left in TMPDIR */
  readonly leftInTmp: readonly string[];
}

/** The binary while it runs. */
export interface RunningSpot {
  readonly pid: number;
  readonly stdin: NodeJS.WritableStream;
  /** waits until the text stands in stdout or stderr */
  saw(text: string, timeoutMs?: number): Promise<void>;
  /** all that it has printed so far, stderr behind stdout */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** @throws Error with all it printed when `timeoutMs` have passed */
  readonly result: Promise<SpotResult>;
}

/** Runs the built binary to its end. */
export function runSpot(args: readonly string[], options: SpotOptions): Promise<SpotResult> {
  return startSpot(args, options).result;
}

/** Starts the built binary; await its `result` before the test ends. */
export function startSpot(args: readonly string[], options: SpotOptions): RunningSpot {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'spot-home-'));
  const tmp = mkdtempSync(join(home, 'tmp-'));
  const [program = '', ...words] = commandLine(args, options.maxOpenFiles);
  const child = spawn(program, words, { cwd: options.cwd, env: cleanEnv(home, tmp, options.env) });
  const pid = child.pid as number;
  child.once('exit', noteClient(pid));
  if (options.stdin !== 'open') child.stdin.end(options.stdin ?? '');
  const output = collect(child);
  const result = ended(child, output, options.timeoutMs ?? 30_000)
    .then((end) => ({ ...end, leftInTmp: readdirSync(tmp) }))
    .finally(() => rmSync(options.home === undefined ? home : tmp, { recursive: true }));
  return {
    pid,
    stdin: child.stdin,
    saw: async (text, timeoutMs) => {
      const appeared = () => (output.stdout + output.stderr).includes(text);
      await waitFor(`${JSON.stringify(text)} in the output`, appeared, timeoutMs);
    },
    output: () => output.stdout + output.stderr,
    kill: (signal) => child.kill(signal),
    result,
  };
}

function commandLine(args: readonly string[], maxOpenFiles: number | undefined): string[] {
  const words = [process.execPath, BIN, ...args];
  return maxOpenFiles === undefined ? words : ['sh', '-c', 'ulimit -n "$0"; exec "$@"', String(maxOpenFiles), ...words];
}

interface Output {
  stdout: string;
  stderr: string;
}

/** Nothing of the developer's machine may change what the binary does: no SPOT_*, CI, NO_COLOR, agent or config. */
export function cleanEnv(home: string, tmp: string, more: SpotOptions['env']): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: home, TMPDIR: tmp, LANG: 'C.UTF-8', [LEAK_MARK]: leakMark(), ...more };
}

function collect(child: ChildProcessWithoutNullStreams): Output {
  const output: Output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  // it may end before it has read all of its stdin
  child.stdin.on('error', () => undefined);
  return output;
}

function ended(
  child: ChildProcessWithoutNullStreams,
  output: Output,
  timeoutMs: number,
): Promise<Omit<SpotResult, 'leftInTmp'>> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
      // a process it started may hold these open
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      clearTimeout(deadline);
      if (isLate)
        reject(new Error(`spot ran longer than ${timeoutMs} ms\nstdout: ${output.stdout}\nstderr: ${output.stderr}`));
      else resolve({ ...output, exitCode, signal, ms: performance.now() - started });
    });
  });
}
