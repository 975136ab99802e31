import { constants } from 'node:os';
import type { Problem } from '../model/errors.ts';
import { unconfirmed } from '../model/evidence.ts';
import type { Outcome, Step } from '../model/outcome.ts';
import type { Limits } from '../model/plan.ts';
import { BootExit } from '../remote/job.ts';
import type { Survivor, Verdict } from '../remote/protocol.ts';
import { formatDuration, plural } from '../util/format.ts';
import type { ChannelEnded, RunnerRefusal, RunnerSession } from './runner-session.ts';
import { readSudoRefusal, SUDO_REFUSAL } from './sudo-refusal.ts';

export interface Judgement {
  readonly outcome: Outcome;
  readonly evidence: readonly string[];
}

/** The outcome that the runner's verdict means. */
export function judgeVerdict(verdict: Verdict, limits: Pick<Limits, 'executionTimeoutMs' | 'leaseMs'>): Judgement {
  switch (verdict.kind) {
    case 'exit':
      return { outcome: exited(verdict.code), evidence: [] };
    case 'copied':
      return { outcome: { kind: 'succeeded' }, evidence: [] };
    case 'signal':
      return { outcome: { kind: 'killed', signal: signalName(verdict.number) }, evidence: [] };
    case 'deadline':
      return {
        outcome: { kind: 'timed-out', step: 'execute', error: deadlinePassed(limits.executionTimeoutMs) },
        evidence: killEvidence(verdict.killed, verdict.survivors),
      };
    case 'cancel':
      return {
        outcome: { kind: 'cancelled', error: { code: 'cancelled', message: `cancelled by ${verdict.by}` } },
        evidence: killEvidence(verdict.killed, verdict.survivors),
      };
    case 'disconnect':
      return {
        outcome: { kind: 'cancelled', error: clientGone(limits.leaseMs ?? 0) },
        evidence: killEvidence(verdict.killed, verdict.survivors),
      };
    case 'unsupervised':
      return { outcome: unsupervised(), evidence: [] };
  }
}

/** What stays on the instance, in words. */
export function factsOf({ keptPath, left }: Pick<RunnerSession, 'keptPath' | 'left'>): string[] {
  const facts = left.map((path) => `not removed, as it is another user's: ${path}`);
  return keptPath === null ? facts : [...facts, `script kept as ${keptPath}`];
}

/** A script, or its runner, that a shutdown of the instance may have ended. */
export function isShutdown(verdict: Verdict): boolean {
  const { SIGTERM, SIGKILL } = constants.signals;
  return verdict.kind === 'unsupervised' || (verdict.kind === 'signal' && [SIGTERM, SIGKILL].includes(verdict.number));
}

/** The same judgement with one more fact. */
export function withEvidence(judgement: Judgement, fact: string): Judgement {
  return { ...judgement, evidence: [...judgement.evidence, fact] };
}

function exited(code: number): Outcome {
  return code === 0 ? { kind: 'succeeded' } : { kind: 'failed', exitCode: code };
}

function deadlinePassed(timeoutMs: number): Problem {
  return {
    code: 'execution-timeout',
    message: `the script was still running after ${formatDuration(timeoutMs)}; give it more with --timeout`,
  };
}

function clientGone(leaseMs: number): Problem {
  const message = `the instance had not heard from spot for ${formatDuration(leaseMs)} and ended the script (--on-disconnect kill)`;
  return { code: 'client-gone', message };
}

function unsupervised(): Outcome {
  const message = 'the runner on the instance was killed, so nobody knows how the script ended';
  return { kind: 'lost', step: 'execute', error: { code: 'runner-killed', message } };
}

function killEvidence(killed: number, survivors: readonly Survivor[]): string[] {
  const evidence = [`killed ${plural(killed, 'process', 'processes')}`];
  if (survivors.length > 0) {
    const names = survivors.map(({ pid, owner, command }) => `pid ${pid} (${owner} ${command})`);
    evidence.push(unconfirmed(names.join(', ')));
  }
  return evidence;
}

/** `SIGKILL` for 9. */
function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}

/** The sentences for what the runner refuses, by its code; `{}` is its message. */
const REFUSALS: Readonly<Record<string, { readonly code: string; readonly sentence: string }>> = {
  'no-tool': { code: 'tool-missing', sentence: 'the instance has no {}, which the runner needs; install it there' },
  'no-interpreter': { code: 'interpreter-missing', sentence: 'the instance has no {} to run the script with' },
  'no-space': { code: 'no-space', sentence: 'the archive could not be written to /tmp on the instance: {}' },
  'no-payload': { code: 'upload-incomplete', sentence: 'the archive did not arrive on the instance' },
  'digest-mismatch': {
    code: 'digest-mismatch',
    sentence: 'the archive arrived damaged (SHA-256 on the instance: {}); nothing was unpacked or run',
  },
  unpack: { code: 'unpack-failed', sentence: 'the archive could not be unpacked on the instance: {}' },
  'sudo-files': { code: 'sudo-files', sentence: 'the files could not be handed over to the other user: {}' },
  'remote-path': { code: 'remote-path', sentence: 'the script could not be kept where --remote-path says: {}' },
  locked: { code: 'locked', sentence: 'another run holds the instance: {}; wait for it, or end it' },
  'no-lock': { code: 'no-lock', sentence: 'the lock for --exclusive could not be made in ~/.cache/spot: {}' },
  void: { code: 'not-started', sentence: 'the script was not started and will not be' },
  gone: { code: 'upload-incomplete', sentence: 'the runner saw the connection end before the archive was complete' },
};

/** The runner refused: nothing was started, nothing stays on the instance. */
export function judgeRefusal(refusal: RunnerRefusal): Judgement {
  if (refusal.code === SUDO_REFUSAL)
    return {
      outcome: { kind: 'rejected', error: readSudoRefusal(refusal.message) },
      evidence: ['nothing was started'],
    };
  const known = REFUSALS[refusal.code] ?? { code: refusal.code, sentence: 'the runner refused: {}' };
  const message = known.sentence.replace('{}', () => refusal.message || refusal.code);
  return { outcome: { kind: 'rejected', error: { code: known.code, message } }, evidence: [] };
}

/** The channel ended, the link did not: the login shell or the bootstrap gave up, or somebody killed the runner. */
export function judgeChannelEnd(end: ChannelEnded, step: Step, sent: boolean): Judgement {
  const said = end.words === '' ? '' : `: ${end.words}`;
  if (step === 'execute' || step === 'collect') return killed(step, `while the script ran${said}`);
  const problem = bootProblem(end, said);
  if (problem !== null) return { outcome: { kind: 'rejected', error: problem }, evidence: [] };
  if (sent && end.greeted) return killed(step, `before it could say that the script had started${said}`);
  const message = `the login shell on the instance ended with ${endWords(end)} before the runner could start${said}`;
  return { outcome: { kind: 'rejected', error: { code: 'no-shell', message } }, evidence: [] };
}

function killed(step: Step, when: string): Judgement {
  const error = { code: 'runner-killed', message: `the runner's channel ended ${when}` };
  return { outcome: { kind: 'lost', step, error }, evidence: [] };
}

function bootProblem({ exit }: ChannelEnded, said: string): Problem | null {
  switch (exit.code) {
    case BootExit.mkdir:
      return { code: 'remote-folder', message: `no folder could be made in /tmp on the instance${said}` };
    case BootExit.receive:
      return { code: 'no-space', message: `the runner could not be written to /tmp on the instance${said}` };
    default:
      return null;
  }
}

function endWords(end: ChannelEnded): string {
  return end.exit.signal ?? `exit ${end.exit.code}`;
}
