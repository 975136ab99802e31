import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import { runDocument } from '../../../src/report/json.ts';
import { createJsonLines } from '../../../src/report/json-lines.ts';
import { anAttempt, anInstance, aPlan, aResult, at, aWriter, SUCCEEDED } from './events.ts';

const WEB_1 = anInstance('i-1', 'web-1');
const PLAN = aPlan([WEB_1], { skipped: [{ instance: anInstance('i-9'), reason: 'stopped' }] });
const ATTEMPT = anAttempt(WEB_1, SUCCEEDED, { steps: [] });

function print(events: readonly RunEvent[]): string[] {
  const writer = aWriter();
  const report = createJsonLines(writer);
  for (const event of [at.runStarted(PLAN), ...events]) report.emit(event);
  void report.close();
  return writer.text().split('\n').slice(0, -1);
}

function outputsOf(events: readonly RunEvent[]): Record<string, unknown>[] {
  return print(events)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((object) => object['type'] === 'output');
}

describe('the lines of --json-lines', () => {
  it('are one object an event, in the order of the events', () => {
    const events = [
      at.attemptStarted(1, 'i-1'),
      at.step(2, 'i-1', 'upload'),
      at.uploaded(3, 'i-1', 10, 20),
      at.output(4, 'i-1', 'größe\n', 'stderr'),
      at.notice(5, null, 'a word'),
      at.waiting(6, 'i-1', 'boot', 'cloud-init'),
      at.interrupted(1000, 'i-1', 118_000),
      at.straggler(2000, 'i-1'),
    ];
    expect(print(events)).toEqual([
      '{"schema":1,"type":"run-started","at":"2026-01-02T03:04:05.000Z","run_id":"r-1","mode":"run",' +
        '"payload":{"digest":"d1ge57","size_bytes":110000,"files":2},' +
        '"instances":[{"instance_id":"i-1","name":"web-1","address":"10.0.0.1"}],' +
        '"skipped":[{"instance_id":"i-9","reason":"stopped"}]}',
      '{"schema":1,"type":"attempt-started","at":"2026-01-02T03:04:05.001Z","run_id":"r-1","instance_id":"i-1"}',
      '{"schema":1,"type":"step-started","at":"2026-01-02T03:04:05.002Z","run_id":"r-1","instance_id":"i-1","step":"upload"}',
      '{"schema":1,"type":"progress","at":"2026-01-02T03:04:05.003Z","run_id":"r-1","instance_id":"i-1","step":"upload","bytes":10,"total_bytes":20}',
      '{"schema":1,"type":"output","at":"2026-01-02T03:04:05.004Z","run_id":"r-1","instance_id":"i-1","stream":"stderr","text":"größe\\n"}',
      '{"schema":1,"type":"notice","at":"2026-01-02T03:04:05.005Z","run_id":"r-1","instance_id":null,"message":"a word"}',
      '{"schema":1,"type":"waiting","at":"2026-01-02T03:04:05.006Z","run_id":"r-1","instance_id":"i-1","step":"boot","message":"cloud-init"}',
      '{"schema":1,"type":"interruption","at":"2026-01-02T03:04:06.000Z","run_id":"r-1","instance_id":"i-1","action":"terminate","time":"2026-01-02T03:06:04Z"}',
      '{"schema":1,"type":"straggler","at":"2026-01-02T03:04:07.000Z","run_id":"r-1","instance_id":"i-1","elapsed_ms":31000,"median_ms":8200,"action":"report","last_line":"pulling the image","silent_ms":29000}',
    ]);
  });

  it('end with the same attempt and run as the document of --json', () => {
    const result = aResult([ATTEMPT]);
    const lines = print([at.finished(6, ATTEMPT), at.runFinished(result)]).map((line) => JSON.parse(line) as unknown);
    const document = runDocument(PLAN, result);
    expect(lines[1]).toMatchObject({ type: 'attempt-finished', instance_id: 'i-1', attempt: document.attempts[0] });
    expect(lines[2]).toMatchObject({ type: 'run-finished', run: document.run });
  });

  it('keep a character whole that was cut between two chunks', () => {
    const text = 'ab ü 漢 🚀 z';
    fc.assert(
      fc.property(fc.nat(Buffer.byteLength(text)), fc.nat(Buffer.byteLength(text)), (one, other) => {
        const bytes = Buffer.from(text);
        const [first, second] = [Math.min(one, other), Math.max(one, other)];
        const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        const outputs = outputsOf(pieces.map((piece) => at.output(1, 'i-1', piece)));
        expect(outputs.map((output) => output['text']).join('')).toBe(text);
        expect(outputs.every((output) => output['base64'] === undefined)).toBe(true);
      }),
    );
  });

  it('lose no byte of any output, UTF-8 or not', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 6 }), (chunks) => {
        const events = chunks.map((chunk) => at.output(1, 'i-1', Buffer.from(chunk)));
        const bytes = outputsOf([...events, at.finished(2, ATTEMPT)]).map(({ text, base64 }) =>
          base64 === undefined ? Buffer.from(text as string) : Buffer.from(base64 as string, 'base64'),
        );
        expect(Buffer.concat(bytes)).toEqual(Buffer.concat(chunks));
      }),
    );
  });

  it('do not mix the halves of characters of two streams', () => {
    const [head, tail] = [Buffer.from([0xc3]), Buffer.from([0xbc])];
    const events = [
      at.output(1, 'i-1', head, 'stdout'),
      at.output(2, 'i-1', 'x', 'stderr'),
      at.output(3, 'i-1', tail, 'stdout'),
    ];
    expect(outputsOf(events)).toMatchObject([
      { stream: 'stderr', text: 'x' },
      { stream: 'stdout', text: 'ü' },
    ]);
  });

  it('give bytes that are not UTF-8 as text for people and exactly for programs', () => {
    const outputs = outputsOf([at.output(1, 'i-1', Buffer.from([0x61, 0xff]))]);
    expect(outputs).toMatchObject([{ text: 'a\uFFFD', base64: 'Yf8=' }]);
  });
});
