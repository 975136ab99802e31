import fc from 'fast-check';
import type { AttemptResult } from '../../../src/model/attempt.ts';
import type { RunEvent } from '../../../src/model/event.ts';
import { INTERRUPTION_ACTIONS } from '../../../src/model/fate.ts';
import { type Outcome, STEPS } from '../../../src/model/outcome.ts';
import { STRAGGLER_ACTIONS } from '../../../src/model/plan.ts';
import { START } from '../report/events.ts';

/** The instances of these runs. */
export const IDS = ['i-1', 'i-2', 'i-3'] as const;

const when = fc.integer({ min: START, max: START + 10_000_000 });
const instanceId = fc.constantFrom(...IDS);
const step = fc.constantFrom(...STEPS);
const bytes = fc.nat({ max: 2 ** 40 });
const text = fc.string({ unit: 'binary', maxLength: 60 });
/** Characters of several bytes among them, and bytes that are no text. */
const chunk = fc.oneof(
  text.map((words) => Buffer.from(words, 'utf8')),
  fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
);
const problem = fc.record({ code: fc.constantFrom('refused', 'link-lost'), message: text });

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant({ kind: 'succeeded' as const }),
  fc.record({ kind: fc.constant('failed' as const), exitCode: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('killed' as const), signal: fc.constantFrom('SIGKILL', 'SIGTERM') }),
  fc.record({ kind: fc.constantFrom('timed-out' as const, 'lost' as const), step, error: problem }),
  fc.record({ kind: fc.constant('unreachable' as const), error: problem }),
  fc.record({ kind: fc.constant('rejected' as const), error: problem }),
  fc.record({ kind: fc.constant('reclaimed' as const), error: problem }),
  fc.record({ kind: fc.constant('cancelled' as const), error: problem }),
  fc.record({ kind: fc.constant('skipped' as const), reason: text }),
);

const output = fc.record({ path: fc.option(fc.constant('/work/.spot/logs/r-1/x.out')), bytes, tail: text });

export function attemptOf(id: string): fc.Arbitrary<AttemptResult> {
  return fc.record({
    instanceId: fc.constant(id),
    name: fc.option(text),
    address: fc.constantFrom('10.0.0.1', 'db.example.com'),
    outcome,
    evidence: fc.array(text, { maxLength: 3 }),
    steps: fc.array(fc.record({ name: step, ms: fc.nat(), bytes }), { maxLength: 4 }),
    remoteDir: fc.option(fc.constant('/tmp/deploy_files_1_2')),
    stdout: output,
    stderr: output,
    rescue: fc.option(fc.record({ path: fc.constant('/work/.spot/logs/r-1/x.rescue'), bytes })),
  });
}

function ofType<Type extends RunEvent['type']>(type: Type): { type: fc.Arbitrary<Type>; at: typeof when } {
  return { type: fc.constant(type), at: when };
}

/** Any event between the first and the last of a run. */
export const eventOf: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({ ...ofType('wave-started'), wave: fc.nat(), waves: fc.nat(), instances: fc.nat() }),
  fc.record({ ...ofType('pause-started'), ms: fc.nat(), wave: fc.nat(), waves: fc.nat() }),
  fc.record({ ...ofType('attempt-started'), instanceId }),
  fc.record({ ...ofType('step-started'), instanceId, step }),
  fc.record({ ...ofType('progress'), instanceId, step, bytes, totalBytes: fc.option(bytes) }),
  fc.record({ ...ofType('waiting'), instanceId, step, message: text }),
  fc.record({ ...ofType('output'), instanceId, stream: fc.constantFrom('stdout' as const, 'stderr' as const), chunk }),
  fc.record({ ...ofType('notice'), instanceId: fc.option(instanceId), message: text }),
  fc.record({
    ...ofType('interruption'),
    instanceId,
    notice: fc.record({
      action: fc.constantFrom(...INTERRUPTION_ACTIONS),
      at: fc.constantFrom('2026-01-02T03:06:05Z', '2026-01-02T03:06:05.120Z'),
    }),
  }),
  fc.record({
    ...ofType('straggler'),
    instanceId,
    elapsedMs: fc.nat(),
    medianMs: fc.nat(),
    action: fc.constantFrom(...STRAGGLER_ACTIONS),
    lastLine: text,
    silentMs: fc.option(fc.nat()),
  }),
);
