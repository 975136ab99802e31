import { Writable } from 'node:stream';
import { SpotError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { Writer } from '../../report/writer.ts';
import type { Io } from '../io.ts';

/** What a prompt of the library is given besides its question. */
export interface PromptStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** What came of a question; without an answer: why there is none. */
export type Answer<T> =
  | { readonly kind: 'given'; readonly value: T }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'taken-back' };

type Signalled = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const SHOW_CURSOR = '\u001B[?25h';

/**
 * Puts a prompt of the library onto the terminal: questions on stderr, keys from stdin. Ctrl-C, the end of input and a
 * question that is taken back are answers, and after each of them the terminal is as it was, at once.
 * @param takenBack aborted to take the question back; whoever gives it listens for signals, too
 * @throws SpotError (exit 130 or 143) for a signal that somebody sent
 */
export async function put<T>(
  io: Io,
  prompt: (streams: PromptStreams) => Promise<T>,
  takenBack?: AbortSignal,
): Promise<Answer<T>> {
  if (takenBack?.aborted) return { kind: 'taken-back' };
  const question = new Question(io);
  const stopListening =
    takenBack === undefined
      ? io.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (name) => question.close(name as Signalled))
      : whenAborted(takenBack, () => question.close('taken-back'));
  try {
    return { kind: 'given', value: await prompt(question.streams) };
  } catch (error) {
    // Ctrl-C is a key here, and the library's word for it an error
    if ((error as Error).name === 'ExitPromptError') return { kind: 'interrupted' };
    if ((error as Error).name !== 'AbortPromptError') throw error;
    return question.whyClosed();
  } finally {
    question.isOver = true;
    stopListening();
  }
}

/** A question on the screen, and its end. */
class Question {
  readonly streams: PromptStreams;
  isOver = false;
  readonly #io: Io;
  readonly #closing = new AbortController();
  readonly #screen: Screen;
  #why: Signalled | 'ended' | 'taken-back' | null = null;

  constructor(io: Io) {
    this.#io = io;
    this.#screen = new Screen(io.stderr);
    this.streams = { input: io.stdin, output: this.#screen, signal: this.#closing.signal };
    // readline pauses its input when that has ended, as it does when there is an answer
    const paused = (): void => {
      setImmediate(() => this.close('ended'));
    };
    io.stdin.once('pause', paused);
    this.#closing.signal.addEventListener('abort', () => io.stdin.off('pause', paused));
  }

  /**
   * Whoever takes a question back writes on at once, and not into its line: the terminal is given back before this returns.
   * In all other cases the library does that, which knows how many lines it has drawn.
   */
  close(why: Signalled | 'ended' | 'taken-back'): void {
    if (this.isOver || this.#why !== null) return;
    this.#why = why;
    if (why === 'taken-back') {
      this.#screen.close();
      this.#io.stdin.setRawMode(false);
    }
    this.#closing.abort();
  }

  /** @throws SpotError (exit 130 or 143) */
  whyClosed(): Answer<never> {
    if (this.#why === 'ended' || this.#why === 'taken-back') return { kind: this.#why };
    throw nothingDone(this.#why === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated);
  }
}

/** What the library draws on, which wants a stream that knows the size of its terminal. */
class Screen extends Writable {
  readonly isTTY = true;
  readonly #writer: Writer;
  #isOpen = true;

  constructor(writer: Writer) {
    super({ decodeStrings: false });
    this.#writer = writer;
  }

  get columns(): number | undefined {
    return this.#writer.columns;
  }

  get rows(): number | undefined {
    return this.#writer.rows;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#isOpen) this.#writer.write(chunk);
    done();
  }

  /** what is drawn afterwards is nobody's business */
  close(): void {
    this.#writer.write(`\n${SHOW_CURSOR}`);
    this.#isOpen = false;
  }
}

function whenAborted(signal: AbortSignal, heard: () => void): () => void {
  signal.addEventListener('abort', heard, { once: true });
  return () => signal.removeEventListener('abort', heard);
}

/** No answer is a no, which must not look like success. */
export function nothingDone(exitCode: number = ExitCode.interrupted): SpotError {
  return new SpotError('declined', 'nothing was done', { exitCode });
}

/** @throws SpotError `declined` (exit 130) where there is no answer */
export function given<T>(answer: Answer<T>): T {
  if (answer.kind === 'given') return answer.value;
  throw nothingDone();
}
