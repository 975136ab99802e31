import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunnerReader } from '../../../src/remote/protocol.ts';
import { Outputs, type StreamName } from '../../../src/run/outputs.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const NONCE = '20261121T034512000000_42';
const STREAMS = [
  ['stdout', 'out'],
  ['stderr', 'err'],
] as const satisfies readonly (readonly [StreamName, string])[];

type Texts = Readonly<Record<StreamName, Buffer>>;
type Counts = Record<StreamName, number>;

/** One connection to the host, up to where it breaks. */
interface LinkPlan {
  /** how many bytes the script has said more, each time the client asks */
  readonly growth: readonly Counts[];
  /** where the stream breaks, and the pieces in which it arrives; counted modulo its length */
  readonly cutAt: number;
  readonly pieces: readonly number[];
  /** how many bytes of the broken link still arrive when the next one is open */
  readonly late: number;
  /** the client was killed, and another one takes the run up from the files */
  readonly newClient: boolean;
}

/** The instance: it has the whole output in files, and tells it from any byte. */
class FakeInstance {
  readonly #texts: Texts;
  readonly #said: Counts = { stdout: 0, stderr: 0 };

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  /** What a follower says that begins at these bytes, all in one. */
  follow(from: Counts, growth: readonly Counts[]): Buffer {
    const at = { ...from };
    const words = [Buffer.from(`welcome\nSPOT1 ${NONCE}\nstarted\n`), ...this.#news(at)];
    for (const more of growth) {
      for (const [stream] of STREAMS) {
        this.#said[stream] = Math.min(this.#texts[stream].byteLength, this.#said[stream] + more[stream]);
      }
      words.push(...this.#news(at));
    }
    return Buffer.concat(words);
  }

  #news(at: Counts): Buffer[] {
    return STREAMS.flatMap(([stream, word]) => {
      const news = this.#texts[stream].subarray(at[stream], this.#said[stream]);
      if (news.byteLength === 0) return [];
      const head = Buffer.from(`${word} ${at[stream]} ${news.byteLength}\n`);
      at[stream] += news.byteLength;
      return [head, news];
    });
  }
}

/** The client: outputs on disk, and a reader for each connection. */
class FakeClient {
  readonly folder: string;
  outputs: Outputs;

  constructor(folder: string) {
    this.folder = folder;
    this.outputs = Outputs.open(folder, 'i-1', false);
  }

  get offsets(): Counts {
    return { stdout: this.outputs.stdout.bytes, stderr: this.outputs.stderr.bytes };
  }

  listen(): RunnerReader {
    return new RunnerReader(NONCE, {
      word: () => undefined,
      data: (stream, offset, chunk) => void this.outputs[stream].write(offset, chunk),
    });
  }

  startAnew(): void {
    this.outputs.close();
    this.outputs = Outputs.open(this.folder, 'i-1', true);
  }
}

function pushInPieces(reader: RunnerReader, bytes: Buffer, pieces: readonly number[]): void {
  const ends = [...pieces.map((end) => end % (bytes.byteLength + 1)), bytes.byteLength].sort((a, b) => a - b);
  ends.forEach((end, index) => reader.push(bytes.subarray(ends[index - 1] ?? 0, end)));
}

/** Follows over all these links, and over one that does not break; @returns what is on disk then. */
function record(texts: Texts, links: readonly LinkPlan[], folder: string): Texts {
  const instance = new FakeInstance(texts);
  const client = new FakeClient(folder);
  let reader = client.listen();
  let late: Buffer = Buffer.alloc(0);
  for (const { growth, cutAt, pieces, late: lateBytes, newClient } of links) {
    const stream = instance.follow(client.offsets, growth);
    reader.push(late);
    reader = client.listen();
    const cut = cutAt % (stream.byteLength + 1);
    pushInPieces(reader, stream.subarray(0, cut), pieces);
    late = newClient ? Buffer.alloc(0) : stream.subarray(cut, cut + lateBytes);
    if (newClient) client.startAnew();
  }
  const rest = { stdout: texts.stdout.byteLength, stderr: texts.stderr.byteLength };
  const last = instance.follow(client.offsets, [rest]);
  reader.push(late);
  client.listen().push(last);
  expect(client.outputs.failure).toBeNull();
  client.outputs.close();
  return { stdout: contentOf(join(folder, 'i-1.out')), stderr: contentOf(join(folder, 'i-1.err')) };
}

function contentOf(path: string): Buffer {
  return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
}

/** Output that looks like the runner's own words is the worst there is. */
const text = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\n', 'end\n', `SPOT1 ${NONCE}\n`, 'out 0 9\n', 'result exit 0\n')
        .map((word) => Buffer.from(word)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts));

const counts = fc.record({ stdout: fc.nat(200), stderr: fc.nat(200) });
const links = fc.array(
  fc.record({
    growth: fc.array(counts, { maxLength: 4 }),
    cutAt: fc.nat(),
    pieces: fc.array(fc.nat(), { maxLength: 6 }),
    late: fc.nat(300),
    newClient: fc.boolean(),
  }),
  { maxLength: 6 },
);

test(
  'wherever links break, and whoever takes the run up again, the logs are byte for byte what the script said',
  { timeout: 60_000 },
  () => {
    const folder = tempDir();
    fc.assert(
      fc.property(fc.record({ stdout: text, stderr: text }), links, (texts, plans) => {
        expect(record(texts, plans, mkdtempSync(join(folder, 'logs-')))).toEqual(texts);
      }),
      { numRuns: 200 },
    );
  },
);
