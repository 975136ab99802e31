/** Where a report writes; a terminal also says how large it is. The size may change at any time. */
export interface Writer {
  /** must not throw; `streamWriter` makes a stream of the process keep that */
  write(text: string | Uint8Array): void;
  /** nobody reads any more: whatever is written is dropped */
  readonly isBroken?: boolean | undefined;
  /** undefined or 0 where there is no terminal */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly isTTY?: boolean | undefined;
}

/** What `streamWriter` needs of `process.stdout` and `process.stderr`. */
export interface OutputStream extends Writer {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * A writer onto a stream of the process that outlives its reader: after a failed write it stays silent.
 * A closed pipe (`| head`) is no error; any other one (a full disk) is passed to `onError`, once.
 */
export function streamWriter(stream: OutputStream, onError: (error: Error) => void): Writer {
  let broken = false;
  const fail = (error: NodeJS.ErrnoException): void => {
    if (!broken && error.code !== 'EPIPE') onError(error);
    broken = true;
  };
  stream.on('error', fail);
  return {
    write(text) {
      if (broken) return;
      try {
        stream.write(text);
      } catch (error) {
        fail(error as NodeJS.ErrnoException);
      }
    },
    get isBroken() {
      return broken;
    },
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
    get isTTY() {
      return stream.isTTY;
    },
  };
}

/** Characters after which a batch is written at once, so that a flood of output does not pile up in memory. */
const BATCH_CHARS = 64 * 1024;

/** Gathers what is written within one turn of the event loop into one write. */
export class BatchWriter {
  readonly #writer: Writer;
  #pending = '';

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  write(text: string): void {
    if (this.#pending === '') queueMicrotask(() => this.flush());
    this.#pending += text;
    if (this.#pending.length >= BATCH_CHARS) this.flush();
  }

  flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') this.#writer.write(text);
  }
}
