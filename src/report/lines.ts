import type { AttemptResult } from '../model/attempt.ts';
import type { RunEvent } from '../model/event.ts';
import { type Step, STEPS } from '../model/outcome.ts';
import { formatBytes, formatDuration, plural } from '../util/format.ts';
import { labelInstances } from './labels.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Painter } from './painter.ts';
import type { Report } from './report.ts';
import { displayWidth, harmless, padToWidth } from './text.ts';
import {
  attemptMs,
  describeOutcome,
  describeSteps,
  interruptionWords,
  isTrouble,
  outcomePaint,
  STEP_DOING,
  stragglerWords,
  waveWords,
} from './words.ts';
import type { Writer } from './writer.ts';
import { BatchWriter } from './writer.ts';

export interface LinesOptions {
  readonly writer: Writer;
  readonly painter: Painter;
  /** `quiet`: what did not succeed and nothing else; `verbose`: every step, with its time */
  readonly detail: 'quiet' | 'normal' | 'verbose';
}

/** Plain lines, one an event, with the instance in front: for CI and logs. */
export function createLines(options: LinesOptions): Report {
  return new LinesReport(options);
}

type InterruptionEvent = Extract<RunEvent, { type: 'interruption' }>;
type Stream = 'stdout' | 'stderr';

/** What an instance is at. */
interface Progress {
  step: Step | null;
  stepStartedAt: number;
  bytes: number;
  readonly output: Record<Stream, LineSplitter>;
}

const STREAM_MARK: Record<Stream, string> = { stdout: '|', stderr: '!' };
/** Labels are filled up to the longest one, but not beyond this. */
const MAX_LABEL_COLUMNS = 32;

class LinesReport implements Report {
  readonly #out: BatchWriter;
  readonly #painter: Painter;
  readonly #detail: LinesOptions['detail'];
  readonly #progress = new Map<string, Progress>();
  #labels: ReadonlyMap<string, string> = new Map();
  /** of an instance that cannot be taken up a note is all there is to say */
  #takenUp = false;
  /** of the whole archive */
  #payloadBytes = 0;

  constructor({ writer, painter, detail }: LinesOptions) {
    this.#out = new BatchWriter(writer);
    this.#painter = painter;
    this.#detail = detail;
  }

  readonly emit = (event: RunEvent): void => {
    if (event.type === 'run-started') this.#runStarted(event);
    else if (event.type === 'attempt-finished') this.#attemptFinished(event.at, event.result);
    else if (this.#detail !== 'quiet' || (this.#takenUp && event.type === 'notice')) this.#onTheWay(event);
  };

  close(): void {
    this.#out.flush();
  }

  #runStarted({ plan, takenUp, onlyWaits }: Extract<RunEvent, { type: 'run-started' }>): void {
    this.#labels = padLabels(labelInstances(plan.targets.map((target) => target.instance)));
    this.#takenUp = takenUp;
    this.#payloadBytes = plan.payload.sizeBytes;
    if (this.#detail === 'quiet') return;
    const count = plural(plan.targets.length, 'instance');
    if (onlyWaits) return this.#out.write(`waiting until ${count} can be used\n`);
    const what = takenUp ? `${count} to take up` : `${count}, ${formatBytes(plan.payload.sizeBytes)} to each`;
    this.#out.write(`run ${plan.runId}: ${what}\n`);
  }

  #onTheWay(event: RunEvent): void {
    if (event.type === 'wave-started') this.#out.write(`${waveWords(event)}: ${plural(event.instances, 'instance')}\n`);
    else if (event.type === 'pause-started') this.#out.write(`${waveWords(event)} in ${formatDuration(event.ms)}\n`);
    else if (event.type === 'step-started') this.#stepStarted(event.instanceId, event.step, event.at);
    else if (event.type === 'progress') this.#progressOf(event.instanceId).bytes = event.bytes;
    else if (event.type === 'waiting') this.#say(event.instanceId, `waiting: ${harmless(event.message)}`);
    else if (event.type === 'output') this.#output(event.instanceId, event.stream, event.chunk);
    else if (event.type === 'interruption') this.#interruption(event);
    else if (event.type === 'straggler') this.#say(event.instanceId, this.#painter.warn(stragglerWords(event)));
    else if (event.type === 'notice') this.#notice(event.instanceId, event.message);
  }

  #stepStarted(instanceId: string, step: Step, at: number): void {
    const progress = this.#progressOf(instanceId);
    const isNext = progress.step !== null && STEPS.indexOf(step) > STEPS.indexOf(progress.step);
    if (isNext) this.#stepDone(instanceId, progress, at);
    if (this.#detail === 'verbose') this.#say(instanceId, STEP_DOING[step]);
    Object.assign(progress, { step, stepStartedAt: at, bytes: 0 });
  }

  #stepDone(instanceId: string, { step, stepStartedAt, bytes }: Progress, at: number): void {
    const time = `in ${formatDuration(at - stepStartedAt)}`;
    if (step === 'connect') this.#say(instanceId, this.#detail === 'verbose' ? `connected ${time}` : 'connected');
    if (step === 'disk') this.#say(instanceId, 'ready');
    if (step === 'upload') this.#say(instanceId, `${this.#describeUpload(bytes)} ${time}`);
  }

  /** Less than all where the rest was there. */
  #describeUpload(bytes: number): string {
    if (bytes === 0) return 'uploaded';
    const isPart = bytes < this.#payloadBytes;
    return isPart
      ? `sent ${formatBytes(bytes)} of ${formatBytes(this.#payloadBytes)}`
      : `uploaded ${formatBytes(bytes)}`;
  }

  #output(instanceId: string, stream: Stream, chunk: Buffer): void {
    this.#writeOutput(instanceId, stream, this.#progressOf(instanceId).output[stream].push(chunk));
  }

  #writeOutput(instanceId: string, stream: Stream, lines: readonly string[]): void {
    const front = `${this.#label(instanceId)} ${STREAM_MARK[stream]} `;
    for (const line of lines) this.#out.write(`${front}${line}\n`);
  }

  #notice(instanceId: string | null, message: string): void {
    const text = this.#painter.warn(`note: ${harmless(message)}`);
    if (instanceId === null) this.#out.write(`${text}\n`);
    else this.#say(instanceId, text);
  }

  #interruption({ at, instanceId, notice }: InterruptionEvent): void {
    this.#say(instanceId, this.#painter.warn(interruptionWords(notice, at)));
  }

  #attemptFinished(at: number, result: AttemptResult): void {
    const { instanceId, outcome } = result;
    if (this.#detail === 'quiet' && !isTrouble(outcome.kind)) return;
    if (this.#detail !== 'quiet') this.#finishProgress(at, result);
    const facts = attemptFacts(result, this.#detail === 'verbose');
    const text = outcomePaint(outcome.kind, this.#painter)(describeOutcome(outcome));
    this.#say(instanceId, facts === '' ? text : `${text} (${facts})`);
  }

  #finishProgress(at: number, { instanceId, outcome }: AttemptResult): void {
    const progress = this.#progressOf(instanceId);
    if (outcome.kind === 'succeeded') this.#stepDone(instanceId, progress, at);
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#writeOutput(instanceId, stream, progress.output[stream].end());
    }
    this.#progress.delete(instanceId);
  }

  #say(instanceId: string, text: string): void {
    this.#out.write(`${this.#label(instanceId)}  ${text}\n`);
  }

  #label(instanceId: string): string {
    return this.#painter.bold(this.#labels.get(instanceId) ?? instanceId);
  }

  #progressOf(instanceId: string): Progress {
    const known = this.#progress.get(instanceId);
    if (known !== undefined) return known;
    const output = { stdout: new LineSplitter(), stderr: new LineSplitter() };
    const progress: Progress = { step: null, stepStartedAt: 0, bytes: 0, output };
    this.#progress.set(instanceId, progress);
    return progress;
  }
}

function padLabels(labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const widest = Math.max(0, ...[...labels.values()].map(displayWidth));
  const columns = Math.min(widest, MAX_LABEL_COLUMNS);
  return new Map([...labels].map(([instanceId, label]) => [instanceId, padToWidth(label, columns)]));
}

/** What stands in brackets behind an outcome: time, steps, evidence. */
function attemptFacts(result: AttemptResult, withSteps: boolean): string {
  const facts = result.evidence.map(harmless);
  if (withSteps && result.steps.length > 0) facts.unshift(describeSteps(result.steps));
  if (result.steps.length > 0) facts.unshift(formatDuration(attemptMs(result)));
  return facts.join('; ');
}
