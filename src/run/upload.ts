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

export interface UploadRequest {
  readonly connection: Connection;
  readonly target: Target;
  readonly plan: Plan;
  readonly job: Job;
  readonly archive: ArchiveSource;
  readonly deadline: Deadline;
  readonly onData: DataHandler;
  /** told the bytes of the archive sent so far */
  readonly onProgress: (bytes: number) => void;
  /** called just before the last byte goes: from here on the script may be started */
  readonly onSent: () => void;
}

/**
 * Starts the runner and brings the archive over, by SFTP or on the runner's stdin.
 * @returns the conversation with a runner that has what it needs, or has refused
 * @throws LinkLostError, ChannelEnded, RunnerRefusal, DeadlineError, or the host's words where it refuses a channel
 */
export async function upload(request: UploadRequest): Promise<RunnerSession> {
  const { connection, target, plan, job, deadline } = request;
  const text = program(job);
  const command = startCommand(remotePaths(target.stamp), target.stamp, text.byteLength);
  const wantsSftp = prefersSftp(plan.transfer, connection.roundTripMs, plan.payload.sizeBytes);
  const [channel, bySftp] = await deadline.race(
    Promise.all([connection.exec(command), wantsSftp ? connection.openSftp() : false]),
  );
  const session = new RunnerSession(channel, target.stamp, request.onData);
  session.write(Buffer.concat([text, environmentText(job)]));
  await (bySftp ? store(session, request) : stream(session, request));
  return session;
}

/** In as few round trips as there are: nothing is waited for. */
async function stream(session: RunnerSession, { archive, deadline, onProgress, onSent }: UploadRequest): Promise<void> {
  session.write(ArchiveWord.stream);
  await archive.writeTo(session.stdin, { onProgress, onLast: onSent, signal: deadline.signal });
}

async function store(session: RunnerSession, request: UploadRequest): Promise<void> {
  const { connection, archive, target, deadline, onProgress, onSent } = request;
  await deadline.race(session.until('ready'));
  await deadline.race(connection.upload(archive.path, archivePath(remotePaths(target.stamp)), { onProgress }));
  onSent();
  session.write(ArchiveWord.stored);
}
