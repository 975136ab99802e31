import type { AttemptResult } from '../../model/attempt.ts';
import type { RunEvent } from '../../model/event.ts';
import type { OutcomeCounts, Step } from '../../model/outcome.ts';
import { countOutcomes, STEPS } from '../../model/outcome.ts';
import type { Payload } from '../../model/payload.ts';
import type { Cluster } from '../clusters.ts';
import { labelInstances } from '../labels.ts';
import { harmless } from '../text.ts';
import { isTrouble } from '../words.ts';
import { FailureGroups } from './failures.ts';
import { LiveInstance } from './instance.ts';
import { UploadMeter } from './upload-meter.ts';

/** Output that is kept of all instances together, and of each: enough to fill a screen when one is followed. Bytes. */
const KEPT_OUTPUT_BYTES = 4 * 1024 * 1024;
const LEAST_OUTPUT_BYTES = 2 * 1024;
const MOST_OUTPUT_BYTES = 64 * 1024;

/** What the live view knows, brought up to date by each event at the cost of a few assignments. */
export class LiveModel {
  startedAt = 0;
  total = 0;
  finished = 0;
  payload: Payload | null = null;
  readonly counts: OutcomeCounts = countOutcomes([]);
  /** how many instances are in each step */
  readonly stepCounts = Object.fromEntries(STEPS.map((step) => [step, 0])) as Record<Step, number>;
  readonly upload = new UploadMeter();
  /** the wave under way, or after a pause the next one; null where there is one only */
  wave: { readonly wave: number; readonly waves: number; readonly startsAt: number } | null = null;
  /** by instance id, in the order of the plan */
  readonly instances = new Map<string, LiveInstance>();
  /** by instance id, in the order in which they were started */
  readonly running = new Map<string, LiveInstance>();
  /** those that did not succeed, in the order in which they ended */
  readonly troubles: LiveInstance[] = [];
  /** whose output came last */
  newest: LiveInstance | null = null;
  readonly #failures = new FailureGroups();
  #tailBytes = MOST_OUTPUT_BYTES;

  label(instanceId: string): string {
    return this.instances.get(instanceId)?.label ?? harmless(instanceId);
  }

  /** What did not succeed, put together. @param now ms since the epoch */
  failures(now: number): readonly Cluster[] {
    return this.#failures.of(this.troubles, now);
  }

  /** How many groups of failures were last shown. */
  get failureGroups(): number {
    return this.#failures.count;
  }

  apply(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        return this.#runStarted(event);
      case 'wave-started':
        this.wave = { wave: event.wave, waves: event.waves, startsAt: event.at };
        return;
      case 'pause-started':
        this.wave = { wave: event.wave, waves: event.waves, startsAt: event.at + event.ms };
        return;
      case 'attempt-finished':
        return this.#attemptFinished(event.result);
      case 'notice':
      case 'run-finished':
        return;
      default:
        return this.#happened(event, this.#instance(event.instanceId));
    }
  }

  #happened(event: OfOneInstance, instance: LiveInstance): void {
    if (instance.result !== null) return;
    switch (event.type) {
      case 'attempt-started':
        return this.#stepStarted(instance, 'connect', event.at);
      case 'step-started':
        return this.#stepStarted(instance, event.step, event.at);
      case 'progress':
        return this.#progressed(instance, event);
      case 'waiting':
        instance.waitsFor = event.message;
        return;
      case 'output':
        instance.tail.push(event.chunk);
        instance.outputAt = event.at;
        this.newest = instance;
        return;
      case 'interruption':
        instance.interruption = event.notice;
        return;
      case 'straggler':
        instance.straggler = event;
        return;
    }
  }

  #runStarted({ plan, at, takenUp, onlyWaits }: Extract<RunEvent, { type: 'run-started' }>): void {
    this.startedAt = at;
    this.total = plan.targets.length;
    this.payload = plan.payload;
    const share = Math.floor(KEPT_OUTPUT_BYTES / Math.max(1, this.total));
    this.#tailBytes = Math.max(LEAST_OUTPUT_BYTES, Math.min(MOST_OUTPUT_BYTES, share));
    const labels = labelInstances(plan.targets.map((target) => target.instance));
    const uploadBytes = takenUp || onlyWaits === true ? 0 : plan.payload.sizeBytes;
    for (const [instanceId, label] of labels) this.#expectUpload(this.#add(instanceId, label), uploadBytes);
  }

  #add(instanceId: string, label: string): LiveInstance {
    const instance = new LiveInstance(instanceId, this.instances.size + 1, label, this.#tailBytes);
    this.instances.set(instanceId, instance);
    return instance;
  }

  #instance(instanceId: string): LiveInstance {
    return this.instances.get(instanceId) ?? this.#add(instanceId, harmless(instanceId));
  }

  #stepStarted(instance: LiveInstance, step: Step, at: number): void {
    if (instance.step === null) {
      instance.startedAt = at;
      this.running.set(instance.instanceId, instance);
    } else {
      this.stepCounts[instance.step] -= 1;
      if (instance.step === 'upload' && step !== 'connect' && step !== 'upload') this.#uploadEnded(instance);
    }
    this.stepCounts[step] += 1;
    if (step === 'upload') {
      this.#leaveToUpload(instance, instance.uploadBytes);
      this.upload.sent(0, at);
    }
    Object.assign(instance, { step, stepStartedAt: at, bytes: 0, totalBytes: null, waitsFor: '' });
  }

  #progressed(instance: LiveInstance, { at, step, bytes, totalBytes }: Extract<RunEvent, { type: 'progress' }>): void {
    if (instance.step !== step) return;
    if (step === 'upload') {
      this.upload.sent(Math.max(0, bytes - instance.bytes), at);
      this.#expectUpload(instance, Math.max(bytes, totalBytes ?? instance.uploadBytes));
      this.#leaveToUpload(instance, instance.uploadBytes - bytes);
    }
    instance.bytes = bytes;
    instance.totalBytes = totalBytes;
  }

  /** What it was thought to need, and did not (it had it already), is not waited for. */
  #uploadEnded(instance: LiveInstance): void {
    this.#expectUpload(instance, instance.uploadBytes - instance.uploadLeft);
    this.#leaveToUpload(instance, 0);
  }

  #expectUpload(instance: LiveInstance, bytes: number): void {
    this.upload.goalBytes += bytes - instance.uploadBytes;
    this.#leaveToUpload(instance, instance.uploadLeft + bytes - instance.uploadBytes);
    instance.uploadBytes = bytes;
  }

  #leaveToUpload(instance: LiveInstance, bytes: number): void {
    this.upload.leftBytes += bytes - instance.uploadLeft;
    instance.uploadLeft = bytes;
  }

  #attemptFinished(result: AttemptResult): void {
    const instance = this.#instance(result.instanceId);
    this.running.delete(result.instanceId);
    if (instance.step !== null) this.stepCounts[instance.step] -= 1;
    this.#uploadEnded(instance);
    instance.step = null;
    if (instance.result === null) {
      this.finished += 1;
      this.counts[result.outcome.kind] += 1;
      if (isTrouble(result.outcome.kind)) this.troubles.push(instance);
    }
    instance.result = result;
  }
}

type OfOneInstance = Extract<
  RunEvent,
  { type: 'attempt-started' | 'step-started' | 'progress' | 'waiting' | 'output' | 'interruption' | 'straggler' }
>;
