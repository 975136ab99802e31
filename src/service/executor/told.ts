import { OUTPUT_TAIL_BYTES } from '../../model/deployment.ts';
import type { State } from '../../state/state.ts';
import { TailBuffer } from '../../util/tail-buffer.ts';
import type { EventDocument } from '../events/document.ts';

/** Events read at once. */
const PAGE = 500;

/** What the events of a run have told of one instance. */
export interface Told {
  readonly stdout: ToldOutput;
  readonly stderr: ToldOutput;
  /** its attempt has ended */
  readonly hasEnded: boolean;
}

export interface ToldOutput {
  readonly bytes: number;
  /** its end, at most `OUTPUT_TAIL_BYTES` */
  readonly tail: string;
}

/** Reads all events of a run up to now: for whoever goes on where another worker has died. */
export function readTold(runId: string, instanceId: string, { runEvents }: Pick<State, 'runEvents'>): Told {
  const outputs = { stdout: new Counter(), stderr: new Counter() };
  let hasEnded = false;
  for (let after = 0; ;) {
    const page = runEvents.read(runId, after, PAGE);
    for (const { type, event } of page) {
      if (type !== 'output' && type !== 'attempt-finished') continue;
      const document = JSON.parse(event) as Extract<EventDocument, { type: 'output' | 'attempt-finished' }>;
      if (document.instance_id !== instanceId) continue;
      if (document.type === 'output') outputs[document.stream].push(contentOf(document));
      else hasEnded = true;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.number;
  }
  return { stdout: outputs.stdout.told, stderr: outputs.stderr.told, hasEnded };
}

class Counter {
  #bytes = 0;
  readonly #tail = new TailBuffer(OUTPUT_TAIL_BYTES);

  push(chunk: Buffer): void {
    this.#bytes += chunk.byteLength;
    this.#tail.push(chunk);
  }

  get told(): ToldOutput {
    return { bytes: this.#bytes, tail: this.#tail.text() };
  }
}

function contentOf({ text, base64 }: Extract<EventDocument, { type: 'output' }>): Buffer {
  return text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text, 'utf8');
}
