import type { ListrTask } from 'listr2';
import { messageOf } from '../model/errors.ts';
import type { RunEvent } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import type { Clock } from '../util/clock.ts';
import { liveFrame } from './live-frame.ts';
import { LiveModel } from './live-model.ts';
import type { Painter } from './painter.ts';
import type { ScreenReport } from './report.ts';
import { Screen } from './screen.ts';
import { harmless } from './text.ts';
import { interruptionWords, type StragglerEvent, stragglerWords } from './words.ts';
import type { Writer } from './writer.ts';

export interface LiveOptions {
  /** a terminal */
  readonly writer: Writer;
  readonly painter: Painter;
  readonly clock: Clock;
}

type ListrClass = typeof import('listr2').Listr;

const REDRAW_MS = 100;

/** The live view of a terminal. The drawing library is loaded when this is called. */
export async function createLive(options: LiveOptions): Promise<ScreenReport> {
  const { Listr } = await import('listr2');
  return new LiveReport(Listr, options);
}

/**
 * listr2 holds one task per instance and draws from the first to the last of them; it never schedules: a task is
 * settled by our event that its attempt has finished, and is never rejected.
 */
class LiveReport implements ScreenReport {
  readonly #Listr: ListrClass;
  readonly #model = new LiveModel();
  readonly #view: LiveView;
  readonly #settle = new Map<string, () => void>();
  #drawing: Promise<unknown> = Promise.resolve();

  constructor(Listr: ListrClass, options: LiveOptions) {
    this.#Listr = Listr;
    this.#view = new LiveView(this.#model, options);
  }

  readonly emit = (event: RunEvent): void => {
    this.#model.apply(event);
    if (event.type === 'run-started') this.#start(event.plan);
    else if (event.type === 'attempt-finished') this.#settle.get(event.result.instanceId)?.();
    else if (event.type === 'interruption') this.#view.say(this.#interruptionText(event));
    else if (event.type === 'straggler') this.#view.say(this.#stragglerText(event));
    else if (event.type === 'notice') this.#view.say(this.#noticeText(event.instanceId, event.message));
  };

  suspend(): void {
    this.#view.suspend();
  }

  resume(): void {
    this.#view.resume();
  }

  async close(): Promise<void> {
    for (const settle of this.#settle.values()) settle();
    await this.#drawing;
    this.#view.stop();
  }

  #start(plan: Plan): void {
    const tasks = plan.targets.map(({ instance }): ListrTask => {
      const settled = new Promise<void>((resolve) => this.#settle.set(instance.instanceId, resolve));
      return { title: this.#model.label(instance.instanceId), task: () => settled };
    });
    const list = new this.#Listr(tasks, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: LiveRenderer,
      rendererOptions: { view: this.#view },
    });
    this.#drawing = list.run();
  }

  #interruptionText({ at, instanceId, notice }: Extract<RunEvent, { type: 'interruption' }>): string {
    return `${this.#model.label(instanceId)}  ${interruptionWords(notice, at)}`;
  }

  #stragglerText(event: StragglerEvent): string {
    return `${this.#model.label(event.instanceId)}  ${stragglerWords(event)}`;
  }

  #noticeText(instanceId: string | null, message: string): string {
    const text = `note: ${harmless(message)}`;
    return instanceId === null ? text : `${this.#model.label(instanceId)}  ${text}`;
  }
}

/** What listr2 needs to call a class a renderer. Its options come from the list above. */
class LiveRenderer {
  static readonly rendererOptions: { view?: LiveView } = {};
  static readonly rendererTaskOptions = {};
  /** listr2 would look at process.stdout otherwise; who creates the live view has looked at the writer */
  static readonly nonTTY = true;
  readonly render: () => void;
  readonly end: () => void;

  constructor(_tasks: unknown, options: { view?: LiveView }) {
    this.render = () => options.view?.start();
    this.end = () => options.view?.stop();
  }
}

/** Draws the model ten times a second between `start` and `stop`, but for the time it is suspended. */
class LiveView {
  readonly #model: LiveModel;
  readonly #options: LiveOptions;
  readonly #screen: Screen;
  #messages: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isOn = false;
  #isSuspended = false;

  constructor(model: LiveModel, options: LiveOptions) {
    this.#model = model;
    this.#options = options;
    this.#screen = new Screen(options.writer);
  }

  start(): void {
    this.#isOn = true;
    this.#show();
  }

  /** Safe to call twice; the second time prints the messages that came after the first. */
  stop(): void {
    this.#isOn = false;
    this.#hide();
    const text = this.#takeMessages().map((message) => `${message}\n`);
    if (text.length > 0) this.#options.writer.write(text.join(''));
  }

  suspend(): void {
    this.#isSuspended = true;
    this.#hide();
  }

  resume(): void {
    this.#isSuspended = false;
    this.#show();
  }

  /** Prints a message above the view with the next drawing, or when the view is over. */
  say(message: string): void {
    this.#messages.push(this.#options.painter.warn(message));
  }

  #show(): void {
    if (!this.#isOn || this.#isSuspended || this.#timer !== null) return;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
    this.#draw();
  }

  #hide(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#screen.erase();
  }

  /** A view that breaks must not end the run that it shows. */
  #draw(): void {
    try {
      this.#drawFrame();
    } catch (error) {
      this.#isOn = false;
      this.#hide();
      this.#options.writer.write(`spot: the live view stopped (${messageOf(error)}); the run is not affected.\n`);
    }
  }

  #drawFrame(): void {
    const { columns, rows } = this.#screen;
    const { clock, painter } = this.#options;
    const frame = liveFrame(this.#model, { columns, rows, now: clock.now(), painter });
    this.#screen.draw(frame, this.#takeMessages());
  }

  #takeMessages(): readonly string[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }
}
