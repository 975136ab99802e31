import { join } from 'node:path';
import type { AttemptResult } from '../model/attempt.ts';
import { labelOf } from '../model/instance.ts';
import type { Step } from '../model/outcome.ts';
import type { Plan, Target } from '../model/plan.ts';
import { type Job, remotePaths } from '../remote/job.ts';
import type { Connection } from '../transport/transport.ts';
import { withDeadline } from '../util/deadline.ts';
import type { ArchiveSource } from './archive-source.ts';
import type { RunDeps } from './execute.ts';
import { CancelledError, explain } from './explain.ts';
import { type Judgement, judgeVerdict } from './judge.ts';
import { NO_OUTPUT, OutputLog } from './output-log.ts';
import { remotePathOf } from './plan.ts';
import type { RunnerSession } from './runner-session.ts';
import { Timeline } from './timeline.ts';
import { upload } from './upload.ts';

/** How long the instance may take beyond its own deadline and grace until it counts as lost, ms. */
const EXECUTION_SLACK_MS = 30_000;
/** How long the removal of the control directory may take, ms. */
const CLEAN_UP_MS = 10_000;

interface Outputs {
  readonly stdout: OutputLog;
  readonly stderr: OutputLog;
}

/** One try of a plan on one instance: comes to exactly one outcome and never throws for what the host did. */
export class Attempt {
  readonly #target: Target;
  readonly #plan: Plan;
  readonly #archive: ArchiveSource;
  readonly #deps: RunDeps;
  readonly #timeline: Timeline;
  #outputs: Outputs | null = null;
  /** from here on the script may have been started */
  #sent = false;

  constructor(target: Target, plan: Plan, archive: ArchiveSource, deps: RunDeps) {
    this.#target = target;
    this.#plan = plan;
    this.#archive = archive;
    this.#deps = deps;
    this.#timeline = new Timeline({
      instanceId: this.#instanceId,
      clock: deps.clock,
      emit: deps.emit,
      onStep: (step: Step) => deps.ledger.stepStarted(plan.runId, this.#instanceId, step),
    });
  }

  async run(): Promise<AttemptResult> {
    const { clock, emit } = this.#deps;
    emit({ type: 'attempt-started', at: clock.now(), instanceId: this.#instanceId });
    let connection: Connection | null = null;
    let judgement: Judgement;
    try {
      connection = await this.#connect();
      const session = await this.#upload(connection);
      judgement = await this.#execute(session);
      judgement = await this.#cleanUp(session, this.#collect(judgement));
    } catch (error) {
      judgement = explain(error, { step: this.#timeline.step, sent: this.#sent });
    } finally {
      await connection?.close();
    }
    this.#timeline.end();
    return this.#result(judgement);
  }

  get #instanceId(): string {
    return this.#target.instance.instanceId;
  }

  async #connect(): Promise<Connection> {
    this.#timeline.begin('connect');
    const { instance, host } = this.#target;
    const connection = await this.#deps.transport.connect({
      instanceId: instance.instanceId,
      label: labelOf(instance),
      host,
      pinnedKey: instance.hostKey,
      timeoutMs: this.#plan.limits.connectTimeoutMs,
      signal: this.#deps.signal,
    });
    if (instance.hostKey === null) this.#deps.ledger.hostKeyPinned(instance.instanceId, connection.hostKey);
    return connection;
  }

  /** A runner whose channel closes before it has the whole archive takes everything back. */
  async #upload(connection: Connection): Promise<RunnerSession> {
    this.#timeline.begin('upload');
    const { payload, limits, mode } = this.#plan;
    this.#outputs = mode === 'copy' ? null : this.#openOutputs();
    return withDeadline(this.#deps.signal, limits.uploadTimeoutMs, async (deadline) => {
      const session = await upload({
        connection,
        target: this.#target,
        plan: this.#plan,
        job: this.#job(),
        archive: this.#archive,
        deadline,
        onData: (stream, offset, chunk) => this.#receive(stream, offset, chunk),
        onProgress: (bytes) => this.#timeline.progress(bytes, payload.sizeBytes),
        onSent: () => {
          this.#sent = true;
        },
      });
      await deadline.race(session.until('started'));
      return session;
    });
  }

  /** Waits for the script; a cancelled run ends it over there and waits for the proof. */
  async #execute(session: RunnerSession): Promise<Judgement> {
    if (this.#plan.mode === 'run') {
      this.#timeline.begin('execute');
      session.follow();
    }
    const { executionTimeoutMs, killGraceMs } = this.#plan.limits;
    const longest = executionTimeoutMs + killGraceMs + EXECUTION_SLACK_MS;
    try {
      await withDeadline(this.#deps.signal, longest, (deadline) => deadline.race(session.until('end')));
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      await this.#cancelOverThere(session, error.by);
    }
    return judgeVerdict(session.verdict, this.#plan.limits);
  }

  async #cancelOverThere(session: RunnerSession, by: string): Promise<void> {
    const longest = this.#plan.limits.killGraceMs + EXECUTION_SLACK_MS;
    const never = new AbortController().signal;
    session.cancel(by);
    await withDeadline(never, longest, (deadline) => deadline.race(session.until('end')));
  }

  /** Everything has arrived by now; what could not be written down here stays over there. */
  #collect(judgement: Judgement): Judgement {
    if (this.#outputs === null) return judgement;
    this.#timeline.begin('collect');
    const { stdout, stderr } = this.#outputs;
    this.#timeline.progress(stdout.bytes + stderr.bytes, null);
    const failure = stdout.failure ?? stderr.failure;
    if (failure === null) return judgement;
    return withEvidence(judgement, `the output could not be saved here: ${failure.message}`);
  }

  async #cleanUp(session: RunnerSession, judgement: Judgement): Promise<Judgement> {
    this.#timeline.begin('clean-up');
    const { control } = remotePaths(this.#target.stamp);
    if (this.#outputs?.stdout.failure || this.#outputs?.stderr.failure) {
      return withEvidence(judgement, `it is still on the instance: ${control}`);
    }
    session.bye();
    try {
      const never = new AbortController().signal;
      await withDeadline(never, CLEAN_UP_MS, (deadline) => deadline.race(session.until('cleaned')));
      return judgement;
    } catch {
      return withEvidence(judgement, `not confirmed that ${control} was removed`);
    }
  }

  #job(): Job {
    const plan = this.#plan;
    const { manifest, digest, sizeBytes } = plan.payload;
    return {
      runId: plan.runId,
      instanceId: this.#instanceId,
      stamp: this.#target.stamp,
      payloadName: manifest.metadata.name,
      digest,
      sizeBytes,
      entrypoint: manifest.entrypoint,
      interpreter: manifest.interpreter,
      args: plan.args,
      environment: this.#deps.environment,
      mode: plan.mode,
      remotePath: remotePathOf(plan, this.#target),
      cleanup: plan.cleanup,
      executionTimeoutMs: plan.limits.executionTimeoutMs,
      killGraceMs: plan.limits.killGraceMs,
    };
  }

  #openOutputs(): Outputs {
    const base = join(this.#deps.logsDir, fileName(this.#instanceId));
    return { stdout: new OutputLog(`${base}.out`), stderr: new OutputLog(`${base}.err`) };
  }

  #receive(stream: 'stdout' | 'stderr', offset: number, chunk: Buffer): void {
    const fresh = this.#outputs?.[stream].write(offset, chunk);
    if (!fresh) return;
    const { emit, clock } = this.#deps;
    emit({ type: 'output', at: clock.now(), instanceId: this.#instanceId, stream, chunk: fresh });
  }

  #result({ outcome, evidence }: Judgement): AttemptResult {
    const { instance, host, stamp } = this.#target;
    const leftOver = this.#sent && outcome.kind !== 'rejected' && !this.#plan.cleanup;
    return {
      instanceId: instance.instanceId,
      name: instance.name,
      address: host.address,
      outcome,
      evidence,
      steps: this.#timeline.steps,
      remoteDir: leftOver ? remotePaths(stamp).deploy : null,
      stdout: this.#outputs?.stdout.close() ?? NO_OUTPUT,
      stderr: this.#outputs?.stderr.close() ?? NO_OUTPUT,
    };
  }
}

function withEvidence(judgement: Judgement, fact: string): Judgement {
  return { ...judgement, evidence: [...judgement.evidence, fact] };
}

/** An instance id as a file name. */
function fileName(instanceId: string): string {
  return instanceId.replace(/[^A-Za-z0-9_.:@-]/g, '_');
}
