/** One event of a stream, by the standard of server-sent events. */
export interface StreamedEvent {
  /** the last one given, '' before the first */
  readonly id: string;
  readonly data: string;
}

/** Reads a stream of server-sent events (WHATWG HTML, section 9.2) in pieces of any size. */
export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #id = '';
  #data: string[] = [];

  /** @returns the events that are whole by now */
  push(bytes: Uint8Array): StreamedEvent[] {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    // the other half of a line's end may still come
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + text.slice(end);
    return lines.flatMap((line) => this.#take(line));
  }

  #take(line: string): StreamedEvent[] {
    if (line === '') return this.#dispatch();
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? [];
    if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    return [];
  }

  #dispatch(): StreamedEvent[] {
    const data = this.#data;
    this.#data = [];
    return data.length === 0 ? [] : [{ id: this.#id, data: data.join('\n') }];
  }
}
