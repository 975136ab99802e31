import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { Connection, ServerChannel, Session } from 'ssh2';
import { sendOutput } from './output.ts';
import { type ProcessGroups, signalCommand } from './process-groups.ts';

/** What every command of an instance finds around it. */
export interface Surroundings {
  /** a path, or a name looked up in PATH */
  readonly shell: string;
  /** the folder commands start in */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly groups: ProcessGroups;
}

export interface ExecRequest {
  readonly command: string;
  readonly channel: ServerChannel;
  readonly session: Session;
  readonly connection: Connection;
}

/** what shells say for a command they could not start */
const CANNOT_START = 127;

/**
 * Runs a command as sshd does: in a session of its own, its exit reported as soon as it is known, the channel closed
 * when the last holder of stdout and stderr has let go. When the client goes, the pipes are closed and nothing else:
 * what runs, runs on.
 */
export function serveCommand({ command, channel, session, connection }: ExecRequest, around: Surroundings): void {
  channel.on('error', () => undefined);
  const child = spawnShell(command, around);
  if (child === null) {
    channel.exit(CANNOT_START);
    channel.resume().end();
    return;
  }
  around.groups.add(child);
  const gone = whenGone(session, connection);
  gone.addEventListener('abort', () => {
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
  });
  session.on('signal', (accept: (() => void) | undefined, _reject, { name }) => {
    const signal = `SIG${name}`;
    if (isSignal(signal)) signalCommand(child, signal);
    accept?.();
  });
  feedInput(channel, child);
  void report(channel, child, gone);
}

/** null where the system starts no such thing: no such shell, a NUL in the command, no process left */
function spawnShell(command: string, { shell, home, env }: Surroundings): ChildProcessWithoutNullStreams | null {
  const args = basename(shell) === 'busybox' ? ['sh', '-c', command] : ['-c', command];
  try {
    const child = spawn(shell, args, { cwd: home, env, detached: true, stdio: 'pipe' });
    child.on('error', () => undefined);
    return child.pid === undefined ? null : child;
  } catch {
    return null;
  }
}

/** Aborted once the client has closed the channel or the connection is broken. */
function whenGone(session: Session, connection: Connection): AbortSignal {
  const gone = new AbortController();
  const hangUp = (): void => {
    connection.off('close', hangUp);
    session.off('close', hangUp);
    gone.abort();
  };
  connection.once('close', hangUp);
  session.once('close', hangUp);
  return gone.signal;
}

function feedInput(channel: ServerChannel, child: ChildProcessWithoutNullStreams): void {
  channel.pipe(child.stdin);
  // a command that does not read its stdin: EPIPE, and what still comes must be thrown away for the channel to close
  child.stdin.on('error', () => undefined);
  child.stdin.once('close', () => channel.resume());
}

function isSignal(name: string): name is NodeJS.Signals {
  return Object.hasOwn(constants.signals, name);
}

async function report(channel: ServerChannel, child: ChildProcessWithoutNullStreams, gone: AbortSignal): Promise<void> {
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!gone.aborted) reportExit(channel, code, signal);
      resolve();
    });
  });
  await Promise.all([exited, sendOutput(channel, child.stdout, child.stderr)]);
  if (!gone.aborted) channel.end();
}

/** the signals SSH has names for (RFC 4254, 6.10) */
const NAMED_SIGNALS = /^SIG(ABRT|ALRM|FPE|HUP|ILL|INT|KILL|PIPE|QUIT|SEGV|TERM|USR1|USR2)$/;

function reportExit(channel: ServerChannel, code: number | null, signal: NodeJS.Signals | null): void {
  if (signal === null) channel.exit(code ?? 0);
  else if (NAMED_SIGNALS.test(signal)) channel.exit(signal.slice('SIG'.length), false, '');
  // the others as a shell counts them
  else channel.exit(128 + constants.signals[signal]);
}
