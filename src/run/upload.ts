import type { Plan, Target } from '../model/plan.ts';
import {
  ArchiveWord,
  archivePath,
  environmentText,
  type Job,
  program,
  remotePaths,
  startCommand,
} from '../remote/job.ts';
import type { Connection } from '../transport/transport.ts';
import type { Deadline } from '../util/deadline.ts';
import type { ArchiveSource } from './archive-source.ts';
import { type DataHandler, RunnerSession } from './runner-session.ts';
import { prefersSftp } from './transfer.ts';

export interface RunnerRequest {
  readonly connection: Connection;
  readonly target: Target;
  readonly plan: Plan;
  readonly job: Job;
  readonly deadline: Deadline;
  readonly onData: DataHandler;
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
  const { connection, target, plan, job, deadline, onData } = request;
  const text = program(job);
  const command = startCommand(remotePaths(target.stamp), target.stamp, text.byteLength);
  const wantsSftp = prefersSftp(plan.transfer, connection.roundTripMs, plan.payload.sizeBytes);
  const [channel, bySftp] = await deadline.race(
    Promise.all([connection.exec(command), wantsSftp ? connection.openSftp() : false]),
  );
  const session = new RunnerSession(channel, target.stamp, onData);
  session.write(Buffer.concat([text, environmentText(job)]));
  return { session, bySftp };
}

export interface ArchiveRequest {
  readonly connection: Connection;
  readonly target: Target;
  readonly archive: ArchiveSource;
  readonly deadline: Deadline;
  /** told the bytes of the archive sent so far */
  readonly onProgress: (bytes: number) => void;
  /** called just before the last byte goes: from here on the script may be started */
  readonly onSent: () => void;
}

/**
 * Brings the archive over to a runner, which then has what it needs, or has refused.
 * @throws LinkLostError, ChannelEnded, RunnerRefusal, DeadlineError, or the host's words where it does not take the file
 */
export async function sendArchive({ session, bySftp }: OpenRunner, request: ArchiveRequest): Promise<void> {
  await (bySftp ? store(session, request) : stream(session, request));
}

/** In as few round trips as there are: nothing is waited for. */
async function stream(session: RunnerSession, request: ArchiveRequest): Promise<void> {
  const { archive, deadline, onProgress, onSent } = request;
  session.write(ArchiveWord.stream);
  const { stdin, closed } = session;
  await archive.writeTo(stdin, { onProgress, onLast: onSent, signal: deadline.signal, closed });
}

async function store(session: RunnerSession, request: ArchiveRequest): Promise<void> {
  const { connection, archive, target, deadline, onProgress, onSent } = request;
  await deadline.race(session.until('ready'));
  await deadline.race(connection.upload(archive.path, archivePath(remotePaths(target.stamp)), { onProgress }));
  onSent();
  session.write(ArchiveWord.stored);
}
