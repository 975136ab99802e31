import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttemptResult } from '../../../src/model/attempt.ts';
import type { RunEvent } from '../../../src/model/event.ts';
import { countOutcomes, exitCodeOf } from '../../../src/model/outcome.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { createReports, type ReportOptions } from '../../../src/report/choose.ts';
import type { EventDocument, RunFacts } from '../../../src/service/events/document.ts';
import { encodeEvent, EventDecoder } from '../../../src/service/events/wire.ts';
import { anInstance, aPlan, at, aWriter, START } from '../report/events.ts';
import { attemptOf, eventOf, IDS } from './arbitrary-events.ts';

function factsOf({ runId, mode, payload }: Plan): RunFacts {
  const { digest, sizeBytes, fileCount, manifest } = payload;
  return {
    id: runId,
    mode,
    payload: { name: manifest.metadata.name, digest, size_bytes: sizeBytes, files: fileCount },
  };
}

/** As a program that asks the service gets them: text, and back. */
function overTheWire(events: readonly RunEvent[], facts: RunFacts): RunEvent[] {
  const decoder = new EventDecoder();
  const texts = events.map((event) => JSON.stringify(encodeEvent(event, facts)));
  return texts.map((text) => decoder.decode(JSON.parse(text) as EventDocument));
}

const PLAN = aPlan(
  IDS.map((id, index) => anInstance(id, index === 0 ? 'wéb' : null)),
  { skipped: [{ instance: anInstance('i-9'), reason: 'stopped' }] },
);
const COPY: Plan = { ...PLAN, mode: 'copy' };

function runFinished(attempts: readonly AttemptResult[], running: readonly string[]): RunEvent {
  const kinds = attempts.map(({ outcome }) => outcome.kind);
  const [startedAt, finishedAt] = [new Date(START).toISOString(), new Date(START + 9000).toISOString()];
  const counted = { counts: countOutcomes(kinds), exitCode: exitCodeOf(kinds) };
  const result = { runId: PLAN.runId, startedAt, finishedAt, durationMs: 9000, attempts, running, ...counted };
  return { type: 'run-finished', at: START + 9000, result };
}

/** A whole run: anything in the middle, an end for some of the instances. */
const wholeRun = fc
  .record({
    plan: fc.constantFrom(PLAN, COPY),
    middle: fc.array(eventOf, { maxLength: 20 }),
    ends: fc.tuple(...IDS.map((id) => fc.option(attemptOf(id)))),
  })
  .map(({ plan, middle, ends }) => {
    const attempts = ends.filter((end) => end !== null);
    const running = IDS.filter((_, index) => ends[index] === null);
    const finished = attempts.map((attempt) => at.finished(5000, attempt));
    return { plan, events: [at.runStarted(plan), ...middle, ...finished, runFinished(attempts, running)] };
  });

async function shown(events: readonly RunEvent[], options: Partial<ReportOptions>): Promise<unknown> {
  const [stdout, stderr] = [aWriter({ columns: 100 }), aWriter({ columns: 100 })];
  const base = { format: 'auto', env: {}, quiet: false, verbose: false, color: 'never', cwd: '/work' } as const;
  const reports = await createReports({ ...base, clock: { now: () => START }, ...options, stdout, stderr });
  for (const event of events) reports.emit(event);
  await reports.close();
  return { stdout: stdout.text(), stderr: stderr.text() };
}

describe('an event of the service', () => {
  it('is the same when it comes back, but for what no report looks at of a plan', () => {
    fc.assert(
      fc.property(wholeRun, ({ plan, events }) => {
        const [started, ...rest] = overTheWire(events, factsOf(plan));
        expect(rest).toEqual(events.slice(1));
        expect(started).toMatchObject({ type: 'run-started', at: START, takenUp: false });
        const again = overTheWire([started as RunEvent], factsOf(plan));
        expect(again).toEqual([started]);
      }),
    );
  });

  it.each<[string, Partial<ReportOptions>]>([
    ['plain lines and a summary', {}],
    ['every detail', { verbose: true }],
    ['what did not succeed', { quiet: true }],
    ['--json', { format: 'json' }],
    ['--json-lines', { format: 'json-lines' }],
  ])('shows the same as where it happened: %s', async (_name, options) => {
    await fc.assert(
      fc.asyncProperty(wholeRun, async ({ plan, events }) => {
        expect(await shown(overTheWire(events, factsOf(plan)), options)).toEqual(await shown(events, options));
      }),
      { numRuns: 60 },
    );
  });

  it('has the names and shapes of --json-lines', async () => {
    const attempt = fc.sample(attemptOf('i-1'), { numRuns: 1, seed: 7 })[0] as AttemptResult;
    const events = [
      at.runStarted(PLAN),
      at.attemptStarted(1, 'i-1'),
      at.step(2, 'i-1', 'upload'),
      at.uploaded(3, 'i-1', 10, 20),
      at.output(4, 'i-1', 'héllo\n'),
      at.notice(5, null, 'slow'),
      at.finished(6, attempt),
      runFinished([attempt], []),
    ];
    const { stdout } = (await shown(events, { format: 'json-lines' })) as { stdout: string };
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const documents = events.map((event) => JSON.parse(JSON.stringify(encodeEvent(event, factsOf(PLAN)))) as unknown);
    lines.forEach((line, index) => expect(documents[index]).toMatchObject(line));
  });

  it('has bytes that are no text in base64', () => {
    const document = encodeEvent(at.output(0, 'i-1', Buffer.from([0xff, 0x00])), factsOf(PLAN));
    expect(document).toMatchObject({ type: 'output', base64: '/wA=' });
    expect(document).not.toHaveProperty('text');
  });
});
