import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished } from 'vitest';
import type { InterruptionNotice } from '../../../src/model/fate.ts';
import type { Payload } from '../../../src/model/payload.ts';
import { packPayload } from '../../../src/payload/pack.ts';
import { scanFiles } from '../../../src/payload/scan.ts';
import { parseInterpreter } from '../../../src/payload/interpreter.ts';
import {
  ArchiveWord,
  attachCommand,
  type Job,
  program,
  remotePaths,
  secretsOf,
  startCommand,
} from '../../../src/remote/job.ts';
import type { Verdict } from '../../../src/remote/protocol.ts';
import { RunnerSession } from '../../../src/run/runner-session.ts';
import { createStamps } from '../../../src/run/stamps.ts';
import type { Channel, ChannelExit } from '../../../src/transport/transport.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { Secret } from '../../../src/util/secret.ts';
import { removeDeployFolders } from '../../helpers/leaks.ts';
import { leakMark, LEAK_MARK } from '../../helpers/leak-mark.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { waitFor } from '../../helpers/wait-for.ts';

/** What a job is made of here; everything has a default. */
export interface RunRequest {
  readonly script?: string;
  /** a folder to send */
  readonly files?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly job?: Partial<Job>;
}

/** Where it runs. */
export interface Surroundings {
  readonly searchPath?: string;
  /** HOME; an empty folder by default */
  readonly home?: string;
  /** what reads the command line: the login shell */
  readonly loginShell?: string;
  /** argv of what runs the login shell */
  readonly wrapper?: readonly string[];
  /** how often the metadata service is asked, seconds; as the runner says by default, which is 5 */
  readonly lookEverySeconds?: number;
  /** by somebody whom permission bits can stop: root is not one */
  readonly asOrdinaryUser?: boolean;
}

/** The umask of every session. */
export const UMASK = '0027';

/** Numbers of user and group `nobody` on Linux. */
const NOBODY = 65534;

/** A job with the archive it needs. */
export interface Prepared {
  readonly job: Job;
  readonly archive: Buffer;
  readonly home: string;
  readonly surroundings: Surroundings;
}

/** How a run ended, when all of it has been said. */
export interface Ended {
  readonly verdict: Verdict;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly deploy: string;
}

const nextStamp = createStamps(systemClock, process.pid);

/** Packs a script as a run does. */
export async function prepare(request: RunRequest = {}, surroundings: Surroundings = {}): Promise<Prepared> {
  const { script = 'echo hello\n', environment = {} } = request;
  const payload = await pack(script, request.files);
  const job: Job = {
    runId: 'run-1',
    instanceId: 'i-1',
    stamp: nextStamp(),
    payloadName: 'deploy.sh',
    digest: payload.digest,
    sizeBytes: payload.sizeBytes,
    entrypoint: payload.manifest.entrypoint,
    // an instance of the tests need not have bash
    interpreter: script.startsWith('#!') ? payload.manifest.interpreter : ['sh'],
    args: [],
    environment: new Map(Object.entries(environment).map(([name, value]) => [name, new Secret(value)])),
    mode: 'run',
    remotePath: null,
    cleanup: false,
    executionTimeoutMs: 30_000,
    killGraceMs: 2000,
    leaseMs: null,
    holder: null,
    delta: null,
    metadataEndpoint: null,
    interruptionSignal: 'none',
    ...request.job,
  };
  const home = surroundings.home ?? tempDir();
  // another user may be asked to run it
  chmodSync(home, 0o777);
  return { job, archive: readFileSync(payload.path), home, surroundings };
}

async function pack(text: string, files: string | undefined): Promise<Payload> {
  const bytes = Buffer.from(text);
  const script = { path: 'deploy.sh', name: 'deploy.sh', bytes, interpreter: parseInterpreter(text), warnings: [] };
  const tree = files === undefined ? null : await scanFiles(files);
  return packPayload({ script, tree, environment: [], name: 'deploy.sh', outDir: tempDir() });
}

/** Runs a job to its end and takes leave as a client does. */
export async function runToEnd(request: RunRequest = {}, surroundings: Surroundings = {}): Promise<Ended> {
  const run = start(await prepare(request, surroundings));
  run.sendArchive();
  await run.session.until('started');
  return run.finish();
}

/** What may be different when a runner is started. */
interface StartOptions {
  /** nothing is said to it */
  readonly silent?: boolean;
  /** one of its folders is there before */
  readonly mkdir?: 'control' | 'deploy';
}

/** Starts the runner; the archive has still to come. */
export function start(prepared: Prepared, { silent = false, mkdir }: StartOptions = {}): LocalRun {
  const text = atPace(program(prepared.job, false), prepared.surroundings.lookEverySeconds);
  const paths = remotePaths(prepared.job.stamp);
  if (mkdir !== undefined) mkdirSync(paths[mkdir]);
  const run = new LocalRun(prepared, startCommand(paths, prepared.job.stamp, text.byteLength, false));
  if (!silent) run.session.write(Buffer.concat([text, secretsOf(prepared.job)]));
  return run;
}

/** The program of a job, with another pace of looking for a notice: what is sent says five seconds, in two places. */
function atPace(text: Buffer, seconds: number | undefined): Buffer {
  if (seconds === undefined) return text;
  const parts = text.toString().split('nap 5\n');
  expect(parts).toHaveLength(3);
  return Buffer.from(parts.join(`nap ${seconds}\n`));
}

/** Takes up a run that another channel started. */
export function attach(prepared: Prepared, outOffset = 0, errOffset = 0): LocalRun {
  const { stamp } = prepared.job;
  return new LocalRun(prepared, attachCommand(remotePaths(stamp), stamp, outOffset, errOffset));
}

/** A runner on this machine, spoken to through pipes as through sshd. */
export class LocalRun {
  readonly prepared: Prepared;
  readonly session: RunnerSession;
  readonly control: string;
  readonly deploy: string;
  readonly exit: Promise<ChannelExit>;
  readonly pid: number;
  /** offsets at which output arrived */
  readonly offsets: number[] = [];
  /** what was said about the instance being taken back */
  readonly notices: InterruptionNotice[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  #channelErrors = '';
  readonly #outputs = { stdout: [] as Buffer[], stderr: [] as Buffer[] };

  constructor(prepared: Prepared, command: string) {
    const { job, home, surroundings } = prepared;
    this.prepared = prepared;
    ({ control: this.control, deploy: this.deploy } = remotePaths(job.stamp));
    this.#child = spawnLikeSshd(command, home, surroundings);
    this.pid = this.#child.pid as number;
    const channel = channelOf(this.#child);
    this.exit = channel.exit;
    this.session = new RunnerSession(channel, job.stamp, {
      data: (stream, offset, chunk) => {
        this.offsets.push(offset);
        this.#outputs[stream].push(chunk);
      },
      interruption: (notice) => this.notices.push(notice),
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#channelErrors += chunk.toString();
    });
    onTestFinished(() => {
      this.hangUp();
      removeDeployFolders();
    });
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#outputs.stdout);
  }

  get stderr(): Buffer {
    return Buffer.concat(this.#outputs.stderr);
  }

  /** what the channel itself, not the script, had to say on stderr */
  get channelErrors(): string {
    return this.#channelErrors;
  }

  /** The process id in a file of the control directory, once it is there. */
  async pidIn(file: 'supervisor' | 'session'): Promise<number> {
    const path = join(this.control, file);
    return waitFor(`the process id in ${file}`, () => existsSync(path) && Number(readFileSync(path, 'utf8')));
  }

  sendArchive(bytes = this.prepared.archive): void {
    this.session.write(ArchiveWord.stream);
    this.session.write(bytes);
  }

  /** Makes an empty file in the home, for which the script waits. */
  release(name: string): void {
    writeFileSync(join(this.prepared.home, name), '');
  }

  /** Waits for the end, takes leave, and looks that nothing stays in the control directory. */
  async finish(): Promise<Ended> {
    this.session.follow();
    await this.session.until('end');
    const { verdict } = this.session;
    this.session.bye();
    await this.session.until('cleaned');
    expect(await this.exit).toEqual({ code: 0, signal: null });
    expect(existsSync(this.control)).toBe(false);
    return { verdict, stdout: this.stdout, stderr: this.stderr, deploy: this.deploy };
  }

  /** Closes the channel as a client that is gone. */
  hangUp(): void {
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
  }
}

/** sshd starts a command in a session of its own. */
function spawnLikeSshd(command: string, home: string, surroundings: Surroundings): ChildProcessWithoutNullStreams {
  const { searchPath = process.env['PATH'] ?? '', loginShell = 'sh', wrapper = [], asOrdinaryUser } = surroundings;
  const env = { PATH: searchPath, HOME: home, [LEAK_MARK]: leakMark() };
  const identity = asOrdinaryUser === true && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const argv = [...wrapper, 'sh', '-c', `umask ${UMASK}; exec "$@"`, 'sh', loginShell, '-c', command];
  const child = spawn(argv[0] as string, argv.slice(1), { cwd: home, env, detached: true, ...identity });
  child.stdin.on('error', () => undefined);
  return child;
}

function channelOf(child: ChildProcessWithoutNullStreams): Channel {
  const exit = new Promise<ChannelExit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const { stdin, stdout, stderr } = child;
  return { stdin, stdout, stderr, exit, close: () => void stdin.destroy() };
}

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
export function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
