import type { ListrTask } from 'listr2';
import type { RunEvent } from '../../model/event.ts';
import type { Plan } from '../../model/plan.ts';
import type { ScreenReport } from '../report.ts';
import { harmless } from '../text.ts';
import { interruptionWords, type StragglerEvent, stragglerWords } from '../words.ts';
import { LiveModel } from './model.ts';
import { type LiveOptions, LiveView } from './view.ts';
import type { KeyPress } from './view-state.ts';

type ListrClass = typeof import('listr2').Listr;

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
    else if (event.type === 'straggler' && event.action !== 'report') this.#view.say(this.#stragglerText(event));
    else if (event.type === 'notice') this.#view.say(this.#noticeText(event.instanceId, event.message));
  };

  suspend(): void {
    this.#view.suspend();
  }

  resume(): void {
    this.#view.resume();
  }

  forget(): void {
    this.#view.forget();
  }

  redraw(): void {
    this.#view.drawSoon();
  }

  listen(): void {
    this.#view.listen();
  }

  press(key: KeyPress): 'leave' | null {
    return this.#view.press(key);
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
