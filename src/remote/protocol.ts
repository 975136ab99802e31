import { INTERRUPTION_ACTIONS, type InterruptionNotice } from '../model/fate.ts';

/**
 * What the runner says on stdout. Everything before the line `SPOT1 <nonce>` is noise of the login shell. Then lines:
 *
 *   sudo asked|free            sudo lets the script run as another user, with the password or without
 *   ready                      the folders are there; the archive may come
 *   whole                      an archive of what is missing did not do; the whole one may come
 *   kept PATH                  the script was put where --remote-path said
 *   started                    the receipt is taken; the script runs or has run from now on
 *   out OFFSET LENGTH          LENGTH bytes of the script's stdout follow, those from OFFSET on
 *   err OFFSET LENGTH          likewise of its stderr
 *   notice ACTION TIME         the instance is taken back then: `terminate`, `stop` or `hibernate`; ISO 8601, UTC
 *   rescue                     the script has ended, and something is in its rescue folder
 *   result …                   how it ended, one or more lines (see `readVerdict`)
 *   end                        all has been said; the runner waits for `bye`
 *   cleaned                    the control directory is gone
 *   gone SECONDS               instead of all that: there is no control directory, and the machine is up for so long
 *   fail CODE [MESSAGE]        nothing was started and nothing stays
 */
export type RunnerWord =
  | { readonly type: 'hello' }
  | { readonly type: 'sudo'; readonly asked: boolean }
  | { readonly type: 'ready' }
  | { readonly type: 'whole' }
  | { readonly type: 'kept'; readonly path: string }
  | { readonly type: 'started' }
  | { readonly type: 'notice'; readonly notice: InterruptionNotice }
  | { readonly type: 'rescue' }
  | { readonly type: 'result'; readonly line: string }
  | { readonly type: 'end' }
  | { readonly type: 'cleaned' }
  | { readonly type: 'gone'; readonly upMs: number }
  | { readonly type: 'fail'; readonly code: string; readonly message: string };

export interface RunnerHandlers {
  word(word: RunnerWord): void;
  /** `offset` counts bytes from the beginning of the script's output */
  data(stream: 'stdout' | 'stderr', offset: number, chunk: Buffer): void;
}

/** The runner never says a line as long as this; whoever does is no runner. */
const MAX_LINE_BYTES = 64 * 1024;
/** How much is kept of what the login shell says before the runner, characters. */
const MAX_NOISE = 4096;
const NEWLINE = 0x0a;

/** Bytes of the script's output that are still to come. */
interface Body {
  readonly stream: 'stdout' | 'stderr';
  offset: number;
  left: number;
}

/** Reads the runner's stdout as it arrives, in pieces of any size. */
export class RunnerReader {
  readonly #hello: string;
  readonly #handlers: RunnerHandlers;
  #greeted = false;
  /** an unfinished line */
  #pending: Buffer = Buffer.alloc(0);
  #body: Body | null = null;
  #noise = '';

  constructor(nonce: string, handlers: RunnerHandlers) {
    this.#hello = `SPOT1 ${nonce}`;
    this.#handlers = handlers;
  }

  /** what came before the runner's first word, or the beginning of it */
  get noise(): string {
    return this.#noise;
  }

  /** @throws Error for words that no runner says */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.byteLength > 0) rest = this.#body === null ? this.#takeLine(rest) : this.#takeBody(rest);
  }

  #takeBody(chunk: Buffer): Buffer {
    const body = this.#body as Body;
    const part = chunk.subarray(0, body.left);
    this.#handlers.data(body.stream, body.offset, part);
    body.offset += part.byteLength;
    body.left -= part.byteLength;
    if (body.left === 0) this.#body = null;
    return chunk.subarray(part.byteLength);
  }

  #takeLine(chunk: Buffer): Buffer {
    const at = chunk.indexOf(NEWLINE);
    const part = at === -1 ? chunk : chunk.subarray(0, at);
    this.#pending = this.#pending.byteLength === 0 ? part : Buffer.concat([this.#pending, part]);
    if (this.#pending.byteLength > MAX_LINE_BYTES) this.#cutLine();
    if (at === -1) return chunk.subarray(chunk.byteLength);
    const line = this.#pending.toString('utf8');
    this.#pending = Buffer.alloc(0);
    this.#line(line);
    return chunk.subarray(at + 1);
  }

  /** Noise may go on for ever, and the runner's first word stand at the end of it. */
  #cutLine(): void {
    if (this.#greeted) throw new Error('the runner said a line without end');
    const kept = this.#pending.byteLength - Buffer.byteLength(this.#hello);
    this.#addNoise(this.#pending.toString('utf8', 0, kept));
    this.#pending = Buffer.from(this.#pending.subarray(kept));
  }

  #line(line: string): void {
    if (this.#greeted) {
      this.#spoken(line);
    } else if (line.endsWith(this.#hello)) {
      // a login shell's prompt or greeting without a newline may stand before it
      this.#greeted = true;
      this.#handlers.word({ type: 'hello' });
    } else {
      this.#addNoise(`${line}\n`);
    }
  }

  #addNoise(text: string): void {
    if (this.#noise.length < MAX_NOISE) this.#noise = `${this.#noise}${text}`.slice(0, MAX_NOISE);
  }

  #spoken(line: string): void {
    const [verb, ...rest] = line.split(' ');
    if (verb === 'out' || verb === 'err') {
      const [offset, length] = rest.map(Number);
      if (!isCount(offset) || !isCount(length)) throw new Error(`the runner said "${line}"`);
      this.#body = { stream: verb === 'out' ? 'stdout' : 'stderr', offset, left: length };
      if (length === 0) this.#body = null;
      return;
    }
    this.#handlers.word(readWord(verb ?? '', rest, line));
  }
}

function readWord(verb: string, rest: readonly string[], line: string): RunnerWord {
  switch (verb) {
    case 'ready':
    case 'whole':
    case 'started':
    case 'rescue':
    case 'end':
    case 'cleaned':
      return { type: verb };
    case 'sudo':
      return { type: 'sudo', asked: rest[0] === 'asked' };
    case 'kept':
      return { type: 'kept', path: rest.join(' ') };
    case 'notice':
      return { type: 'notice', notice: readNotice(rest, line) };
    case 'result':
      return { type: 'result', line: rest.join(' ') };
    case 'gone':
      return { type: 'gone', upMs: Number(rest[0]) * 1000 };
    case 'fail':
      return { type: 'fail', code: rest[0] ?? 'unknown', message: rest.slice(1).join(' ').trim() };
    default:
      throw new Error(`the runner said "${line}"`);
  }
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

function readNotice([action = '', at = '']: readonly string[], line: string): InterruptionNotice {
  const known = INTERRUPTION_ACTIONS.find((word) => word === action);
  if (known === undefined || !INSTANT.test(at) || Number.isNaN(Date.parse(at)))
    throw new Error(`the runner said "${line}"`);
  return { action: known, at };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}

/** A process that outlived KILL, or that we may not signal. */
export interface Survivor {
  readonly pid: number;
  readonly owner: string;
  readonly command: string;
}

/** How a script ended, as the runner's `result` lines tell it. */
export type Verdict =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly number: number }
  | {
      readonly kind: 'deadline' | 'cancel' | 'disconnect';
      readonly by: string;
      readonly killed: number;
      readonly survivors: Survivor[];
    }
  | { readonly kind: 'copied' }
  /** the supervisor itself was killed: nobody knows how the script ended */
  | { readonly kind: 'unsupervised' };

/** @throws Error where the lines are no result */
export function readVerdict(lines: readonly string[]): Verdict {
  const [first = '', ...rest] = lines;
  const [kind, value = ''] = first.split(' ');
  const number = /^\d+$/.test(value) ? Number(value) : null;
  if (kind === 'exit' && number !== null) return { kind, code: number };
  if (kind === 'signal' && number !== null) return { kind, number };
  if (kind === 'deadline' || kind === 'cancel' || kind === 'disconnect')
    return { kind, by: value, ...readEvidence(rest) };
  if (kind === 'copied' || kind === 'unsupervised') return { kind };
  throw new Error(`the runner's result is "${lines.join('; ')}"`);
}

/** Folders of another user's that are still there although they were to be removed. */
export function readLeft(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('left ')).map((line) => line.slice('left '.length));
}

function readEvidence(lines: readonly string[]): { killed: number; survivors: Survivor[] } {
  const survivors: Survivor[] = [];
  let killed = 0;
  for (const line of lines) {
    const [word, first = '', owner = '', ...command] = line.split(' ');
    if (word === 'killed') killed = Number(first);
    if (word === 'unconfirmed') survivors.push({ pid: Number(first), owner, command: command.join(' ') });
  }
  return { killed, survivors };
}
