import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { programOnStdin } from '../../../src/remote/program-on-stdin.ts';
import { readyProgram } from '../../../src/remote/ready.ts';
import { LEAK_MARK, leakMark } from '../../helpers/leak-mark.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

/** Where the program runs. */
export interface ReadyHost {
  readonly searchPath: string;
  /** programs of this text that stand before the others in the PATH, by their names */
  readonly programs?: Readonly<Record<string, string>>;
  readonly locks?: readonly string[];
  /** until it gives up by itself */
  readonly seconds?: number;
  /** ends its client after this word */
  readonly leavesAfter?: string;
}

/** What the program says until it ends, line by line, each repeated one once. */
export async function askReady(host: ReadyHost): Promise<string[]> {
  const { searchPath, programs = {}, locks = [], seconds = 30, leavesAfter } = host;
  const path = `${binOf(programs)}${delimiter}${searchPath}`;
  const env = { PATH: path, HOME: tempDir(), [LEAK_MARK]: leakMark() };
  const child = spawn('sh', ['-c', programOnStdin('nonce')], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  child.stdin.end(readyProgram(seconds, locks));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    if (line !== lines.at(-1)) lines.push(line);
    if (line === leavesAfter) child.stdout.destroy();
  });
  await closed;
  return lines.slice(1);
}

function binOf(programs: Readonly<Record<string, string>>): string {
  const bin = tempDir();
  // another user may be asked to run what is in it
  chmodSync(bin, 0o755);
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(bin, name), text, { mode: 0o755 });
  return bin;
}

/** Locks a file as dpkg does, in a process of its own, until it is released or the test is over. */
export async function holdLock(
  file: string,
  kind: 'process' | 'open file' = 'process',
): Promise<{ pid: number; release(): Promise<void> }> {
  const program = kind === 'process' ? HOLD : HOLD_OPEN_FILE;
  const child = spawn('python3', ['-c', program, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const release = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  onTestFinished(release);
  await once(child.stdout, 'data');
  return { pid: child.pid as number, release };
}

const WAIT = 'print("held", flush=True)\nsys.stdin.read()\n';
const HOLD = `import fcntl, sys\nf = open(sys.argv[1], "a")\nfcntl.lockf(f, fcntl.LOCK_EX)\n${WAIT}`;
/** F_OFD_SETLK is 37; struct flock is two shorts, two longs and a pid */
const HOLD_OPEN_FILE = `import fcntl, struct, sys\nf = open(sys.argv[1], "a")\nfcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))\n${WAIT}`;
