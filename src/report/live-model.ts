import type { AttemptResult } from '../model/attempt.ts';
import type { RunEvent } from '../model/event.ts';
import type { InterruptionNotice } from '../model/fate.ts';
import type { OutcomeCounts, Step } from '../model/outcome.ts';
import { countOutcomes } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { labelInstances } from './labels.ts';
import { harmless } from './text.ts';
import { isTrouble } from './words.ts';

/** What an instance is doing right now. Times are ms since the epoch. */
export interface Running {
  readonly label: string;
  readonly step: Step;
  readonly stepStartedAt: number;
  readonly bytes: number;
  readonly totalBytes: number | null;
  /** what it is waited for, or '' */
  readonly waitsFor: string;
  /** the last bytes of output, at most `KEPT_OUTPUT_BYTES` */
  readonly output: Buffer;
  /** the instance is about to be taken back */
  readonly interruption: InterruptionNotice | null;
}

/** An instance that did not succeed. */
export interface Trouble {
  readonly label: string;
  readonly result: AttemptResult;
}

/** Enough for the last line in a wide terminal. */
const KEPT_OUTPUT_BYTES = 512;
/** Failures kept for the screen; the summary lists them all. */
const KEPT_TROUBLES = 5;
const NO_OUTPUT = Buffer.alloc(0);

/** What the live view knows, brought up to date by each event at the cost of a few assignments. */
export class LiveModel {
  startedAt = 0;
  total = 0;
  /** bytes uploaded to all instances, repetitions counted */
  sentBytes = 0;
  readonly counts: OutcomeCounts = countOutcomes([]);
  /** the wave under way, or after a pause the next one; null where there is one only */
  wave: { readonly wave: number; readonly waves: number; readonly startsAt: number } | null = null;
  /** by instance id, in the order in which they were started */
  readonly running = new Map<string, Running>();
  /** the last ones, oldest first */
  readonly troubles: Trouble[] = [];
  #labels: ReadonlyMap<string, string> = new Map();

  get finished(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  label(instanceId: string): string {
    return this.#labels.get(instanceId) ?? harmless(instanceId);
  }

  apply(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        return this.#runStarted(event.plan, event.at);
      case 'wave-started':
        this.wave = { wave: event.wave, waves: event.waves, startsAt: event.at };
        return;
      case 'pause-started':
        this.wave = { wave: event.wave, waves: event.waves, startsAt: event.at + event.ms };
        return;
      case 'attempt-started':
        return this.#stepStarted(event.instanceId, 'connect', event.at);
      case 'step-started':
        return this.#stepStarted(event.instanceId, event.step, event.at);
      case 'progress':
        return this.#progressed(event);
      case 'waiting':
        return this.#waits(event.instanceId, event.message);
      case 'output':
        return this.#outputCame(event.instanceId, event.chunk);
      case 'interruption':
        return this.#interrupted(event.instanceId, event.notice);
      case 'attempt-finished':
        return this.#attemptFinished(event.result);
      case 'straggler':
        // nobody follows it any more
        if (event.action === 'detach') this.running.delete(event.instanceId);
        return;
      case 'notice':
      case 'run-finished':
        return;
    }
  }

  #runStarted(plan: Plan, at: number): void {
    this.startedAt = at;
    this.total = plan.targets.length;
    this.#labels = labelInstances(plan.targets.map((target) => target.instance));
  }

  #stepStarted(instanceId: string, step: Step, at: number): void {
    const { output = NO_OUTPUT, interruption = null } = this.running.get(instanceId) ?? {};
    const label = this.label(instanceId);
    const begun = { stepStartedAt: at, bytes: 0, totalBytes: null, waitsFor: '' };
    this.running.set(instanceId, { label, step, ...begun, output, interruption });
  }

  #progressed({ instanceId, step, bytes, totalBytes }: Extract<RunEvent, { type: 'progress' }>): void {
    const running = this.running.get(instanceId);
    if (running?.step !== step) return;
    if (step === 'upload') this.sentBytes += Math.max(0, bytes - running.bytes);
    this.running.set(instanceId, { ...running, bytes, totalBytes });
  }

  #waits(instanceId: string, waitsFor: string): void {
    const running = this.running.get(instanceId);
    if (running !== undefined) this.running.set(instanceId, { ...running, waitsFor });
  }

  #outputCame(instanceId: string, chunk: Buffer): void {
    const running = this.running.get(instanceId);
    if (running !== undefined) this.running.set(instanceId, { ...running, output: lastBytes(running.output, chunk) });
  }

  #interrupted(instanceId: string, interruption: InterruptionNotice): void {
    const running = this.running.get(instanceId);
    if (running !== undefined) this.running.set(instanceId, { ...running, interruption });
  }

  #attemptFinished(result: AttemptResult): void {
    this.running.delete(result.instanceId);
    this.counts[result.outcome.kind] += 1;
    if (!isTrouble(result.outcome.kind)) return;
    this.troubles.push({ label: this.label(result.instanceId), result });
    if (this.troubles.length > KEPT_TROUBLES) this.troubles.shift();
  }
}

/** A copy, so that the chunk itself can be freed. */
function lastBytes(before: Buffer, chunk: Buffer): Buffer {
  const all = chunk.length < KEPT_OUTPUT_BYTES ? Buffer.concat([before, chunk]) : chunk;
  return Buffer.from(all.subarray(-KEPT_OUTPUT_BYTES));
}
