import type { Plan, Target } from '../model/plan.ts';
import {
  ArchiveWord,
  BootExit,
  archivePath,
  attachCommand,
  type Job,
  program,
  remotePaths,
  secretsOf,
  startCommand,
} from '../remote/job.ts';
import type { Connection } from '../transport/transport.ts';
import type { Deadline } from '../util/deadline.ts';
import type { ArchiveSource } from './archive-source.ts';
import type { Delta } from './cargo.ts';
import { ChannelEnded, RunnerSession, type SessionHandlers } from './runner-session.ts';
import { prefersSftp } from './transfer.ts';

export interface RunnerRequest {
  readonly connection: Connection;
  readonly target: Target;
  readonly plan: Plan;
  readonly job: Job;
  /** the instance is believed to have the runner: it is not sent */
  readonly isCached: boolean;
  readonly deadline: Deadline;
  readonly handlers: SessionHandlers;
}

/** A runner that waits for the archive. */
export interface OpenRunner {
  readonly session: RunnerSession;
  /** by SFTP, or on its stdin */
  readonly bySftp: boolean;
}

/**
 * Starts the runner, and SFTP where that is worth it.
 * @throws LinkLostError, DeadlineError, or the host's words where it refuses a channel
 */
export async function openRunner(request: RunnerRequest): Promise<OpenRunner> {
  const { connection, target, plan, job, isCached, deadline, handlers } = request;
  const text = program(job, isCached);
  const command = startCommand(remotePaths(target.stamp), target.stamp, text.byteLength, isCached);
  const wantsSftp = job.delta === null && prefersSftp(plan.transfer, connection.roundTripMs, plan.payload.sizeBytes);
  const [channel, bySftp] = await deadline.race(
    Promise.all([connection.exec(command), wantsSftp ? connection.openSftp() : false]),
  );
  const session = new RunnerSession(channel, target.stamp, handlers);
  session.write(Buffer.concat([text, secretsOf(job)]));
  return { session, bySftp };
}

export interface FollowerRequest extends Pick<RunnerRequest, 'connection' | 'deadline' | 'handlers'> {
  readonly stamp: string;
  /** where the outputs broke off, bytes */
  readonly from: { readonly stdout: number; readonly stderr: number };
}

/**
 * Follows a script that was started over another channel.
 * @throws as `openRunner`, or FolderGone
 */
export async function openFollower(request: FollowerRequest): Promise<RunnerSession> {
  const { connection, stamp, from, deadline, handlers } = request;
  const command = attachCommand(remotePaths(stamp), stamp, from.stdout, from.stderr);
  const session = new RunnerSession(await deadline.race(connection.exec(command)), stamp, handlers);
  await deadline.race(session.until('started'));
  return session;
}

/** The runner that an instance was believed to have is gone, damaged or another one; nothing was made over there. */
export function lacksRunner(error: unknown): boolean {
  return error instanceof ChannelEnded && error.exit.code === BootExit.runner;
}

export interface CargoRequest {
  readonly connection: Connection;
  readonly target: Target;
  readonly archive: ArchiveSource;
  /** sent first, where most of the archive is there */
  readonly delta: Delta | null;
  readonly deadline: Deadline;
  /** told the bytes sent so far, and how many there are */
  readonly onProgress: (bytes: number, totalBytes: number) => void;
  /** called just before the last byte goes: from here on the script may be started */
  readonly onSent: () => void;
  /** told that all has to be sent although most of it was thought to be there */
  readonly onWhole: () => void;
}

/**
 * Brings the archive over to a runner, which then has what it needs, or has refused.
 * @throws LinkLostError, ChannelEnded, RunnerRefusal, DeadlineError, or the host's words where it does not take the file
 */
export async function sendCargo({ session, bySftp }: OpenRunner, request: CargoRequest): Promise<void> {
  const { delta, archive, deadline, onWhole } = request;
  if (delta === null)
    return bySftp ? store(session, request) : stream(session, ArchiveWord.stream, archive, 0, request);
  await stream(session, ArchiveWord.delta, delta.archive, 0, request);
  await deadline.race(session.until('whole'));
  if (!session.wantsWhole) return;
  onWhole();
  await stream(session, ArchiveWord.stream, archive, delta.archive.size, request);
}

/**
 * In as few round trips as there are: nothing is waited for.
 * @param before bytes sent before these
 */
async function stream(
  session: RunnerSession,
  word: string,
  archive: ArchiveSource,
  before: number,
  { deadline, onProgress, onSent }: CargoRequest,
): Promise<void> {
  session.write(word);
  const { stdin, closed } = session;
  await archive.writeTo(stdin, {
    onProgress: (bytes) => onProgress(before + bytes, before + archive.size),
    onLast: onSent,
    signal: deadline.signal,
    closed,
  });
}

async function store(session: RunnerSession, request: CargoRequest): Promise<void> {
  const { connection, archive, target, deadline, onProgress, onSent } = request;
  const options = { onProgress: (bytes: number) => onProgress(bytes, archive.size) };
  await deadline.race(session.until('ready'));
  await deadline.race(connection.upload(archive.path, archivePath(remotePaths(target.stamp)), options));
  onSent();
  session.write(ArchiveWord.stored);
}
