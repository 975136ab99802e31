import type { AttemptResult } from '../model/attempt.ts';
import type { Step } from '../model/outcome.ts';
import type { Plan, Target } from '../model/plan.ts';
import type { Verdict } from '../remote/protocol.ts';
import { remotePaths } from '../remote/job.ts';
import type { Cargo } from './cargo.ts';
import type { RunDeps } from './deps.ts';
import { Detached } from './detached.ts';
import { CancelledError, endedElsewhere, explain } from './explain.ts';
import { sayBye } from './farewell.ts';
import { factsOf, isShutdown, type Judgement, judgeVerdict, withEvidence } from './judge.ts';
import { Interruption } from './interruption.ts';
import { Link } from './link.ts';
import { NO_OUTPUTS, Outputs, type StreamName } from './outputs.ts';
import { Rescue } from './rescue.ts';
import { isLinkLoss, isRefusal, isRunnerLoss, leftNothing, wordsOf } from './retry.ts';
import type { RunnerSession } from './runner-session.ts';
import { untilScriptEnds } from './script-end.ts';
import { Timeline } from './timeline.ts';
import { Whereabouts } from './whereabouts.ts';

/** A script that has ended, and over what there is more to be had of it. */
interface Ended {
  readonly session: RunnerSession;
  readonly judgement: Judgement;
  /** why the control directory has to stay, or null */
  readonly keeps: string | null;
}

/** One try of a plan on one instance: comes to exactly one outcome and never throws for what the host did. */
export class Attempt {
  readonly #target: Target;
  readonly #plan: Plan;
  readonly #deps: RunDeps;
  readonly #timeline: Timeline;
  readonly #link: Link;
  readonly #interruption: Interruption;
  readonly #whereabouts: Whereabouts;
  readonly #rescue: Rescue;
  #outputs: Outputs | null = null;
  /** another client began it, and may have come far */
  readonly #resumed: boolean;
  readonly #takeUp = (error: unknown, patienceMs: number): Promise<RunnerSession> =>
    this.#link.takeUp(error, patienceMs);
  #staysOpen = false;
  /** facts that came up on the way */
  #evidence: readonly string[] = [];

  /** @param cargo null for an attempt that another client began */
  constructor(target: Target, plan: Plan, cargo: Cargo | null, deps: RunDeps) {
    this.#target = target;
    this.#plan = plan;
    this.#deps = deps;
    this.#resumed = cargo === null;
    const { instanceId } = target.instance;
    this.#interruption = new Interruption(instanceId, deps);
    const notice = (message: string, evidence: string | null = null): void => this.#notice(message, evidence);
    this.#whereabouts = new Whereabouts({ target, deps, interruption: () => this.#interruption.notice, notice });
    this.#rescue = new Rescue({ instanceId, deps, reach: () => this.#link, notice });
    this.#timeline = new Timeline({
      instanceId,
      clock: deps.clock,
      emit: deps.emit,
      onStep: (step: Step) => this.#record(step),
    });
    this.#link = new Link({
      target,
      plan,
      cargo,
      deps,
      timeline: this.#timeline,
      handlers: {
        data: (stream, offset, chunk) => this.#receive(stream, offset, chunk),
        interruption: (told) => {
          if (this.#interruption.hear(told)) this.#rescue.begin(told);
        },
      },
      whereabouts: this.#whereabouts,
      offsets: () => ({ stdout: this.#outputs?.stdout.bytes ?? 0, stderr: this.#outputs?.stderr.bytes ?? 0 }),
      notice,
    });
  }

  /** it could not be taken up, but the script may run on, and whoever is let in can still end it */
  get staysOpen(): boolean {
    return this.#staysOpen;
  }

  /** @returns null where it was left, with the script running or before it was started */
  run(): Promise<AttemptResult | null> {
    return this.#toEnd(() => this.#link.begin());
  }

  /**
   * Goes on with an attempt that another client began.
   * @param begunAt ms since the epoch
   * @param stoppedBy ends the script in the name of this word; null only follows it
   */
  takeUp(begunAt: number, stoppedBy: string | null): Promise<AttemptResult | null> {
    return this.#toEnd(async () => {
      this.#timeline.begin('connect');
      const session = await this.#link.takeUpLeft(begunAt);
      if (stoppedBy !== null) session.cancel(stoppedBy);
      return session;
    });
  }

  async #toEnd(begin: () => Promise<RunnerSession>): Promise<AttemptResult | null> {
    const { clock, emit, logsDir } = this.#deps;
    emit({ type: 'attempt-started', at: clock.now(), instanceId: this.#instanceId });
    if (this.#plan.mode === 'run') this.#outputs = Outputs.open(logsDir, this.#instanceId, this.#resumed);
    try {
      const ended = await this.#untilEnd(await begin());
      return await this.#result(await this.#cleanUp(await this.#collect(ended)));
    } catch (thrown) {
      const error = await this.#reasonFor(thrown);
      if (error instanceof Detached) return null;
      if (this.#resumed && (isRefusal(error) || error instanceof CancelledError)) {
        this.#staysOpen = true;
        this.#notice(`${wordsOf(error)}; the script may run on there`, null);
        return null;
      }
      return await this.#result(explain(error, { step: this.#timeline.step, sent: this.#link.sent }));
    } finally {
      this.#outputs?.close();
      await this.#rescue.close();
      await this.#link.close();
    }
  }

  get #instanceId(): string {
    return this.#target.instance.instanceId;
  }

  /** Follows the script to its end, over as many connections as it takes. */
  async #untilEnd(first: RunnerSession): Promise<Ended> {
    if (this.#plan.mode === 'run') this.#timeline.begin('execute');
    for (let session = first; ;) {
      try {
        return { session, judgement: await this.#execute(session), keeps: null };
      } catch (error) {
        if (!isLinkLoss(error)) throw error;
        session = await this.#link.takeUp(error);
      }
    }
  }

  async #execute(session: RunnerSession): Promise<Judgement> {
    if (this.#plan.mode === 'run') session.follow();
    const why = await untilScriptEnds(session, this.#plan, this.#deps);
    const facts = [...(why === null ? [] : [why]), ...factsOf(session)];
    return facts.reduce(withEvidence, await this.#judge(session.verdict));
  }

  /** An instance that is taken back shuts down first, and ends the script, or the runner. */
  async #judge(verdict: Verdict): Promise<Judgement> {
    const judgement = judgeVerdict(verdict, this.#plan.limits);
    const gone = isShutdown(verdict) ? await this.#whereabouts.lookReclaimed() : null;
    return gone === null ? judgement : explain(gone, { step: 'execute', sent: true });
  }

  /** Where somebody on the instance has ended the runner it may have been its shutdown. */
  async #reasonFor(error: unknown): Promise<unknown> {
    if (!isRunnerLoss(error) || !this.#link.sent) return error;
    return (await this.#whereabouts.lookReclaimed()) ?? error;
  }

  /** The outputs have arrived by now; what could not be written down here stays over there, as does what cannot be rescued. */
  async #collect(ended: Ended): Promise<Ended> {
    if (this.#outputs === null) return ended;
    this.#timeline.begin('collect');
    const { failure, bytes } = this.#outputs;
    this.#timeline.progress(bytes, null);
    const saved = failure === null ? ended : keeping(ended, `the output could not be saved here: ${failure.message}`);
    await this.#rescue.stop();
    if (!saved.session.hasRescue) return saved;
    const { session, failure: why } = await this.#rescue.atEnd(saved.session, this.#takeUp);
    // whoever takes it up brings the rest home
    if (why !== null && this.#deps.signal.reason instanceof Detached) throw new Detached();
    const known = { ...saved, session };
    return why === null ? known : keeping(known, `not all of the rescue folder was brought home: ${why}`);
  }

  async #cleanUp({ session, judgement, keeps }: Ended): Promise<Judgement> {
    this.#timeline.begin('clean-up');
    const { control } = remotePaths(this.#link.stamp);
    if (keeps !== null) return withEvidence(withEvidence(judgement, keeps), `it is still on the instance: ${control}`);
    try {
      await sayBye(session, this.#takeUp, this.#deps.clock);
      return judgement;
    } catch (error) {
      if (leftNothing(error)) return judgement;
      return withEvidence(judgement, `not confirmed that ${control} was removed`);
    }
  }

  /** Connecting again takes nothing back: whoever finds `connect` in the ledger knows that nothing was started. */
  #record(step: Step): void {
    if (this.#resumed && step === 'connect') return;
    const isOpen = this.#deps.ledger.stepStarted(this.#plan.runId, this.#instanceId, step);
    if (!isOpen && !this.#link.sent) throw endedElsewhere();
  }

  #receive(stream: StreamName, offset: number, chunk: Buffer): void {
    const fresh = this.#outputs?.[stream].write(offset, chunk);
    if (!fresh) return;
    const { emit, clock } = this.#deps;
    emit({ type: 'output', at: clock.now(), instanceId: this.#instanceId, stream, chunk: fresh });
  }

  #notice(message: string, evidence: string | null): void {
    const { emit, clock } = this.#deps;
    if (evidence !== null) this.#evidence = [...this.#evidence, evidence];
    emit({ type: 'notice', at: clock.now(), instanceId: this.#instanceId, message });
  }

  async #result({ outcome, evidence }: Judgement): Promise<AttemptResult> {
    this.#timeline.end();
    const { instance, host } = this.#target;
    const { tries } = this.#link;
    const leftOver = this.#link.sent && outcome.kind !== 'rejected' && !this.#plan.cleanup;
    return {
      instanceId: instance.instanceId,
      name: instance.name,
      address: host.address,
      outcome,
      evidence: [
        ...(tries === 1 ? [] : [`${tries} tries`]),
        ...this.#interruption.evidence,
        ...this.#evidence,
        ...evidence,
      ],
      steps: this.#timeline.steps,
      remoteDir: leftOver ? remotePaths(this.#link.stamp).deploy : null,
      ...(this.#outputs?.close() ?? NO_OUTPUTS),
      rescue: await this.#rescue.result(),
    };
  }
}

function keeping(ended: Ended, why: string): Ended {
  return { ...ended, keeps: ended.keeps === null ? why : `${ended.keeps}; ${why}` };
}
