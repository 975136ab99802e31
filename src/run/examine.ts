import type { Instance } from '../model/instance.ts';
import { labelOf } from '../model/instance.ts';
import type { Host } from '../model/plan.ts';
import {
  examineProgram,
  type Finding,
  fixProgram,
  readFindings,
  readRemovals,
  type Removal,
} from '../remote/doctor.ts';
import { programOnStdin } from '../remote/program-on-stdin.ts';
import type { Connection, Transport } from '../transport/transport.ts';
import { withDeadline } from '../util/deadline.ts';

/** An answer is short: more than this is none, characters. */
const LONGEST_ANSWER = 1024 * 1024;
/** Sizes have to be counted, and what does not end by itself takes its grace, ms. */
const ANSWER_MS = 60_000;

export interface ExamineDeps {
  readonly transport: Transport;
  readonly connectTimeoutMs: number;
  readonly signal: AbortSignal;
  /** a word that nobody else says */
  readonly nonce: string;
  /** told the key of a first contact */
  readonly pin: (instanceId: string, hostKey: string) => void;
}

/** One instance that is looked at, and put in order, over one connection. */
export interface Patient {
  readonly findings: readonly Finding[];
  /** @param names of findings @throws LinkLostError, DeadlineError, or Error for an answer that is none */
  fix(names: readonly string[]): Promise<readonly Removal[]>;
  close(): Promise<void>;
}

/**
 * Looks for what earlier runs have left on an instance.
 * @throws ConnectError, LinkLostError, DeadlineError, or Error for an answer that is none
 */
export async function examine(instance: Instance, host: Host, deps: ExamineDeps): Promise<Patient> {
  const { transport, connectTimeoutMs: timeoutMs, signal, nonce, pin } = deps;
  const { instanceId, hostKey: pinnedKey } = instance;
  const label = labelOf(instance);
  const connection = await transport.connect({ instanceId, label, host, pinnedKey, timeoutMs, signal });
  try {
    if (pinnedKey === null) pin(instanceId, connection.hostKey);
    const answer = (text: string): Promise<string> => ask(connection, text, nonce, signal);
    return {
      findings: readFindings(await answer(examineProgram()), nonce),
      fix: async (names) => readRemovals(await answer(fixProgram(names)), nonce),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
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
