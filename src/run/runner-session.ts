import type { Writable } from 'node:stream';
import type { InterruptionNotice } from '../model/fate.ts';
import { readLeft, type RunnerWord, RunnerReader, readVerdict, type Verdict } from '../remote/protocol.ts';
import type { Channel, ChannelExit } from '../transport/transport.ts';

/** The runner's milestones, in the order in which it reaches them. */
const MILESTONES = ['hello', 'sudo', 'ready', 'whole', 'started', 'end', 'cleaned'] as const;
type Milestone = (typeof MILESTONES)[number];

/** How much of the channel's own stderr is kept for a message, characters. */
const STDERR_LIMIT = 2048;

/** Pauses between the questions for new output, ms; the last one repeats. */
const TICKS_MS = [100, 300, 1000] as const;

/** The runner said that it will not do it; nothing was started and nothing stays. */
export class RunnerRefusal extends Error {
  override readonly name = 'RunnerRefusal';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The channel ended before the runner had said what was waited for. */
export class ChannelEnded extends Error {
  override readonly name = 'ChannelEnded';
  /** both null: the link was lost */
  readonly exit: ChannelExit;
  /** what the login shell said instead of the runner */
  readonly words: string;
  /** the runner, or what starts it, had said its first word */
  readonly greeted: boolean;

  constructor(exit: ChannelExit, words: string, greeted: boolean) {
    super('the channel ended early');
    this.exit = exit;
    this.words = words;
    this.greeted = greeted;
  }
}

/** There is no control directory on the instance. */
export class FolderGone extends Error {
  override readonly name = 'FolderGone';
  /** how long the instance has been up */
  readonly upMs: number;

  constructor(upMs: number) {
    super('the control directory is gone');
    this.upMs = upMs;
  }
}

/** Told what comes without being waited for. */
export interface SessionHandlers {
  data(stream: 'stdout' | 'stderr', offset: number, chunk: Buffer): void;
  /** the instance is about to be taken back; said in every session anew */
  interruption(notice: InterruptionNotice): void;
}

/** A conversation with the runner on one channel. */
export class RunnerSession {
  /** where the runner says the script is kept, with --remote-path */
  keptPath: string | null = null;
  /** sudo has taken the password */
  provesPassword = false;
  /** what was sent does not do: the runner waits for the whole archive */
  wantsWhole = false;
  /** once `end` is reached: there is something in the rescue folder */
  hasRescue = false;
  readonly #channel: Channel;
  readonly #handlers: SessionHandlers;
  readonly #reader: RunnerReader;
  readonly #result: string[] = [];
  #reached = -1;
  #failure: Error | null = null;
  #stderr = '';
  #ticker: NodeJS.Timeout | undefined;
  #waiters: { readonly milestone: number; resolve(): void; reject(error: Error): void }[] = [];

  constructor(channel: Channel, nonce: string, handlers: SessionHandlers) {
    this.#channel = channel;
    this.#handlers = handlers;
    const data: SessionHandlers['data'] = (...said) => handlers.data(...said);
    this.#reader = new RunnerReader(nonce, { word: (word) => this.#hear(word), data });
    channel.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString('utf8')}`.slice(0, STDERR_LIMIT);
    });
    void channel.exit.then((exit) => this.#fail(new ChannelEnded(exit, this.#words(), this.has('hello'))));
  }

  /**
   * Waits until the runner has reached a milestone, or one behind it.
   * @throws RunnerRefusal, ChannelEnded, or Error for words that no runner says
   */
  async until(milestone: Milestone): Promise<void> {
    const index = MILESTONES.indexOf(milestone);
    if (this.#reached >= index) return;
    if (this.#failure !== null) throw this.#failure;
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ milestone: index, resolve, reject });
    });
  }

  /** whether the runner has said so already */
  has(milestone: Milestone): boolean {
    return this.#reached >= MILESTONES.indexOf(milestone);
  }

  /** how the script ended, once `end` is reached */
  get verdict(): Verdict {
    return readVerdict(this.#result);
  }

  /** folders on the instance that were to be removed and are not, once `end` is reached */
  get left(): readonly string[] {
    return readLeft(this.#result);
  }

  get stdin(): Writable {
    return this.#channel.stdin;
  }

  /** settles when the channel is closed */
  get closed(): Promise<unknown> {
    return this.#channel.exit;
  }

  write(bytes: Buffer | string): void {
    this.#channel.stdin.write(bytes);
  }

  /**
   * Asks for what the script has said so far, soon at first and then every second, until the end. The instance needs no
   * clock for it, and a follower whose client is gone ends.
   */
  follow(): void {
    let ticks = 0;
    const tick = (): void => {
      this.write('tick\n');
      ticks += 1;
      this.#ticker = setTimeout(tick, TICKS_MS[Math.min(ticks, TICKS_MS.length - 1)]);
    };
    this.#ticker = setTimeout(tick, TICKS_MS[0]);
  }

  /** @param who one word, which returns in the verdict */
  cancel(who: string): void {
    this.write(`cancel ${who}\n`);
  }

  /** the client leaves on purpose: its lease ends nothing */
  release(): void {
    this.write('release\n');
  }

  /** all has been received: the control directory may go */
  bye(): void {
    this.write('bye\n');
  }

  close(): void {
    this.#channel.close();
  }

  #read(chunk: Buffer): void {
    if (this.#failure !== null) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(error as Error);
      this.close();
    }
  }

  #hear(word: RunnerWord): void {
    switch (word.type) {
      case 'kept':
        this.keptPath = word.path;
        return;
      case 'notice':
        return this.#handlers.interruption(word.notice);
      case 'rescue':
        this.hasRescue = true;
        return;
      case 'result':
        this.#result.push(word.line);
        return;
      case 'gone':
        return this.#fail(new FolderGone(word.upMs));
      case 'fail':
        return this.#fail(new RunnerRefusal(word.code, word.message));
      case 'sudo':
        this.provesPassword = word.asked;
        return this.#reach(MILESTONES.indexOf('sudo'));
      case 'whole':
        this.wantsWhole = true;
        return this.#reach(MILESTONES.indexOf('whole'));
      default:
        this.#reach(MILESTONES.indexOf(word.type));
    }
  }

  #reach(index: number): void {
    if (index >= MILESTONES.indexOf('end')) clearTimeout(this.#ticker);
    this.#reached = Math.max(this.#reached, index);
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ milestone }) => milestone > this.#reached);
    for (const waiter of waiting) if (waiter.milestone <= this.#reached) waiter.resolve();
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    clearTimeout(this.#ticker);
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) waiter.reject(error);
  }

  #words(): string {
    return `${this.#stderr}\n${this.#reader.noise}`.replace(/\s+/g, ' ').trim();
  }
}
