import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readVerdict, RunnerReader } from '../../../src/remote/protocol.ts';

/** What a reader heard, output that came in pieces put together. */
type Heard = { word: unknown } | { stream: 'stdout' | 'stderr'; offset: number; text: string };

const NONCE = '20261121T034512000000_42';

/** Gives a reader these pieces. */
function listen(pieces: readonly Buffer[]): { heard: Heard[]; noise: string } {
  const heard: Heard[] = [];
  const reader = new RunnerReader(NONCE, {
    word: (word) => heard.push({ word }),
    data: (stream, offset, chunk) => {
      const text = chunk.toString('latin1');
      const last = heard.at(-1);
      const goesOn =
        last !== undefined && 'text' in last && last.stream === stream && last.offset + last.text.length === offset;
      if (goesOn) last.text += text;
      else heard.push({ stream, offset, text });
    },
  });
  for (const piece of pieces) reader.push(piece);
  return { heard, noise: reader.noise };
}

/** Hello and then this. */
const greeted = (text: string): Buffer => Buffer.from(`SPOT1 ${NONCE}\n${text}`);

/** One thing a runner says, and what is to be heard. */
interface Said {
  readonly bytes: Buffer;
  readonly heard: readonly Heard[];
}

/** A conversation: words, and outputs whose offsets follow one another. */
function conversations(): fc.Arbitrary<Said[]> {
  const said = (text: string, word: unknown): Said => ({ bytes: Buffer.from(text), heard: [{ word }] });
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\n\r]/.test(text));
  const output = fc.tuple(fc.constantFrom('out', 'err'), fc.uint8Array({ maxLength: 200 }), fc.nat(1e9));
  return fc.array(
    fc.oneof(
      fc.constantFrom('ready', 'started', 'rescue', 'end', 'cleaned').map((type) => said(`${type}\n`, { type })),
      line.map((path) => said(`kept ${path}\n`, { type: 'kept', path })),
      line.map((text) => said(`result ${text}\n`, { type: 'result', line: text })),
      output.map(([name, bytes, offset]) => ({
        bytes: Buffer.concat([Buffer.from(`${name} ${offset} ${bytes.length}\n`), bytes]),
        heard:
          bytes.length === 0
            ? []
            : [{ stream: name === 'out' ? 'stdout' : 'stderr', offset, text: Buffer.from(bytes).toString('latin1') }],
      })),
    ) as fc.Arbitrary<Said>,
    { maxLength: 8 },
  );
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

describe('the runner is understood', () => {
  test('in pieces of any size, with any noise before its first word', () => {
    const noise = fc.string({ unit: 'grapheme', maxLength: 50 });
    fc.assert(
      fc.property(noise, conversations(), fc.array(fc.nat(), { maxLength: 30 }), (before, all, cuts) => {
        const bytes = Buffer.concat([Buffer.from(before), greeted(''), ...all.map((said) => said.bytes)]);
        const whole = listen([bytes]).heard;
        expect(listen(split(bytes, cuts)).heard).toEqual(whole);
        expect(whole.map((each) => ('word' in each ? each.word : 'output')).at(0)).toEqual({ type: 'hello' });
        const texts = (heard: readonly Heard[]): string =>
          JSON.stringify(heard.map((each) => ('text' in each ? each.text : each)));
        const joined = all.flatMap((said) => said.heard);
        expect(texts(merge(whole.slice(1)))).toBe(texts(merge(joined)));
      }),
      { numRuns: 300 },
    );
  });

  test('byte by byte, whatever the bytes are', () => {
    const bytes = Buffer.concat([
      greeted('out 0 256\n'),
      Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
      Buffer.from('end\n'),
    ]);
    const { heard } = listen(Array.from(bytes, (byte) => Buffer.from([byte])));
    const text = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('latin1');
    expect(heard).toEqual([
      { word: { type: 'hello' } },
      { stream: 'stdout', offset: 0, text },
      { word: { type: 'end' } },
    ]);
  });

  test('when the instance is taken back', () => {
    const notice = { action: 'hibernate', at: '2026-11-21T12:03:04Z' };
    expect(listen([greeted('notice hibernate 2026-11-21T12:03:04Z\n')]).heard.slice(1)).toEqual([
      { word: { type: 'notice', notice } },
    ]);
  });

  test('when it refuses, with and without a reason', () => {
    expect(listen([greeted('fail no-space  disk  full \nfail gone\nfail\n')]).heard.slice(1)).toEqual([
      { word: { type: 'fail', code: 'no-space', message: 'disk  full' } },
      { word: { type: 'fail', code: 'gone', message: '' } },
      { word: { type: 'fail', code: 'unknown', message: '' } },
    ]);
  });
});

/** Outputs of one stream that follow one another are one. */
function merge(heard: readonly Heard[]): Heard[] {
  const merged: Heard[] = [];
  for (const each of heard) {
    const last = merged.at(-1);
    const goesOn = last !== undefined && 'text' in last && 'text' in each && last.stream === each.stream;
    if (goesOn && last.offset + last.text.length === each.offset) last.text += each.text;
    else merged.push({ ...each });
  }
  return merged;
}

describe('what comes before the first word', () => {
  test('is noise, even where it is a word, and is kept for a message', () => {
    const { heard, noise } = listen([Buffer.from('Welcome!\nend\nSPOT1 another\n'), greeted('')]);
    expect(heard).toEqual([{ word: { type: 'hello' } }]);
    expect(noise).toBe('Welcome!\nend\nSPOT1 another\n');
  });

  test('may stand on the same line', () => {
    const { heard, noise } = listen([Buffer.from('\u001b]0;host\u0007$ '), greeted('ready\n')]);
    expect(heard).toEqual([{ word: { type: 'hello' } }, { word: { type: 'ready' } }]);
    expect(noise).toBe('');
  });

  test('may go on for long without a newline, and takes no memory', () => {
    const block = Buffer.alloc(100_000, 'x');
    const { heard, noise } = listen([...Array<Buffer>(50).fill(block), greeted('ready\n')]);
    expect(heard).toEqual([{ word: { type: 'hello' } }, { word: { type: 'ready' } }]);
    expect(noise).toBe('x'.repeat(4096));
  });
});

describe('words that no runner says are an error', () => {
  test.each([
    ['nonsense\n', 'the runner said "nonsense"'],
    ['\n', 'the runner said ""'],
    ['notice dance 2026-11-21T12:03:04Z\n', 'the runner said "notice dance 2026-11-21T12:03:04Z"'],
    ['notice stop soon\n', 'the runner said "notice stop soon"'],
    ['out 0\n', 'the runner said "out 0"'],
    ['out -1 5\n', 'the runner said "out -1 5"'],
    ['err 0 1.5\n', 'the runner said "err 0 1.5"'],
    ['err zero 5\n', 'the runner said "err zero 5"'],
    ['out 0 99999999999999999999\n', 'the runner said "out 0 99999999999999999999"'],
    ['x'.repeat(70_000), 'the runner said a line without end'],
  ])('%j', (text, message) => {
    expect(() => listen([greeted(text)])).toThrow(new Error(message));
  });
});

describe('a verdict', () => {
  test.each([
    [['exit 0'], { kind: 'exit', code: 0 }],
    [['exit 137'], { kind: 'exit', code: 137 }],
    [['signal 9'], { kind: 'signal', number: 9 }],
    [['copied'], { kind: 'copied' }],
    [['unsupervised'], { kind: 'unsupervised' }],
    [['deadline', 'killed 3'], { kind: 'deadline', by: '', killed: 3, survivors: [] }],
    [['deadline'], { kind: 'deadline', by: '', killed: 0, survivors: [] }],
    [
      ['cancel Ctrl-C', 'killed 1', 'unconfirmed 12 root a daemon', 'unconfirmed 13 bob '],
      {
        kind: 'cancel',
        by: 'Ctrl-C',
        killed: 1,
        survivors: [
          { pid: 12, owner: 'root', command: 'a daemon' },
          { pid: 13, owner: 'bob', command: '' },
        ],
      },
    ],
  ])('%j', (lines, verdict) => {
    expect(readVerdict(lines)).toEqual(verdict);
  });

  test.each([
    [[], `the runner's result is ""`],
    [['exit'], `the runner's result is "exit"`],
    [['exit '], `the runner's result is "exit "`],
    [['exit -1'], `the runner's result is "exit -1"`],
    [['signal nine'], `the runner's result is "signal nine"`],
    [['done', 'really'], `the runner's result is "done; really"`],
  ])('is an error where it is %j', (lines, message) => {
    expect(() => readVerdict(lines)).toThrow(new Error(message));
  });
});
