import {
  examineProgram,
  type Finding,
  fixProgram,
  readFindings,
  readRemovals,
  type Removal,
} from '../remote/doctor.ts';
import { noiseBefore } from '../remote/answer.ts';
import { programOnStdin } from '../remote/program-on-stdin.ts';
import { readSurvey, type Survey } from '../remote/survey.ts';
import type { Connection } from '../transport/transport.ts';
import type { Clock } from '../util/clock.ts';
import { DeadlineError, withDeadline } from '../util/deadline.ts';
import { type Callee, Dialer, type DialerDeps } from './dialer.ts';

/** An answer is short: more than this is none, characters. */
const LONGEST_ANSWER = 1024 * 1024;
/** Sizes have to be counted, and what does not end by itself takes its grace, ms. */
const ANSWER_MS = 60_000;
/** ms */
const SFTP_MS = 10_000;

export interface ExamineDeps extends DialerDeps {
  readonly connectTimeoutMs: number;
  readonly signal: AbortSignal;
  /** a word that nobody else says */
  readonly nonce: string;
  readonly clock: Clock;
}

/** What was seen of an instance besides what it says of itself. */
export interface Contact {
  /** of the handshake, ms */
  readonly roundTripMs: number;
  readonly hasSftp: boolean;
  /** what the login shell says before it does what it is asked; anything may stand in it */
  readonly noise: string;
  /** how far the clock of the instance is ahead of ours, ms; a second more or less, and half of the time that the answer took */
  readonly clockAheadMs: number;
}

/** One instance that is looked at, and put in order, over one connection. */
export interface Patient {
  readonly findings: readonly Finding[];
  readonly survey: Survey;
  readonly contact: Contact;
  /** @param names of findings @throws LinkLostError, DeadlineError, or Error for an answer that is none */
  fix(names: readonly string[]): Promise<readonly Removal[]>;
  close(): Promise<void>;
}

/**
 * Looks at an instance: whether it has what a run needs, and what earlier runs have left there.
 * @throws ConnectError, LinkLostError, DeadlineError, or Error for an answer that is none
 */
export async function examine(callee: Callee, deps: ExamineDeps): Promise<Patient> {
  const { connectTimeoutMs, signal, nonce, clock } = deps;
  const dialer = new Dialer(callee, deps);
  const connection = await dialer.connect(connectTimeoutMs, signal);
  try {
    const askedAt = clock.now();
    const said = await ask(connection, examineProgram(), nonce, signal);
    const endedAt = clock.now();
    const hasSftp = await opensSftp(connection, signal);
    const survey = readSurvey(said, nonce);
    const clockAheadMs = survey.clockSeconds * 1000 + 500 - (askedAt + endedAt) / 2;
    return {
      findings: readFindings(said, nonce),
      survey,
      contact: { roundTripMs: connection.roundTripMs, hasSftp, noise: noiseBefore(said, nonce), clockAheadMs },
      fix: async (names) => readRemovals(await ask(connection, fixProgram(names), nonce, signal), nonce),
      close: () => dialer.close(),
    };
  } catch (error) {
    const reason = await dialer.reasonOf(error);
    await dialer.close();
    throw reason;
  }
}

/** Where a login shell says something, the subsystem may never come to an answer. */
async function opensSftp(connection: Connection, signal: AbortSignal): Promise<boolean> {
  try {
    return await withDeadline(signal, SFTP_MS, (deadline) => deadline.race(connection.openSftp()));
  } catch (error) {
    if (error instanceof DeadlineError) return false;
    throw error;
  }
}

async function ask(connection: Connection, program: string, nonce: string, signal: AbortSignal): Promise<string> {
  return withDeadline(signal, ANSWER_MS, async (deadline) => {
    const channel = await deadline.race(connection.exec(programOnStdin(nonce)));
    let said = '';
    channel.stdout.on('data', (chunk: Buffer) => {
      if (said.length < LONGEST_ANSWER) said += chunk.toString('utf8');
    });
    channel.stderr.resume();
    channel.stdin.end(program);
    await deadline.race(channel.exit);
    return said;
  });
}
