import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RunnerRefusal } from '../../../../src/run/runner-session.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { attach, isAlive, type LocalRun, prepare, start, type Surroundings } from '../local-run.ts';
import { useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

/** Leaves a trace each time it is started. */
const TRACE = 'echo "$$" >>ran\n';

/** Somebody who comes to a control folder, and when: ms after the first. */
interface Taker {
  readonly door: 'start' | 'attach';
  readonly afterMs: number;
}

/** What a taker was told: the script is started, it never will be, or it is somebody else's. */
type Answer = 'started' | 'void' | 'none';

interface Race {
  readonly answers: readonly { readonly door: Taker['door']; readonly answer: Answer }[];
  /** how often the script ran */
  readonly runs: number;
  /** folders that are there after the last taker has left */
  readonly left: readonly string[];
}

/** Lets all of them come to one control folder, and takes leave as whoever has the result. */
async function race(takers: readonly Taker[], surroundings: Surroundings): Promise<Race> {
  const prepared = await prepare({ script: TRACE, job: { cleanup: true } }, surroundings);
  const sessions: LocalRun[] = [];
  const answers = await Promise.all(
    takers.map(async ({ door, afterMs }) => {
      await delay(afterMs);
      const run = door === 'start' ? start(prepared) : attach(prepared);
      sessions.push(run);
      if (door === 'start') run.sendArchive();
      return { door, answer: await answerOf(run) };
    }),
  );
  const followers = sessions.filter(({ session }) => session.has('started'));
  for (const { session } of followers) session.follow();
  await Promise.allSettled(followers.map(({ session }) => session.until('end')));
  for (const { session } of followers) session.bye();
  await Promise.all(sessions.map(({ exit }) => exit));
  await waitFor('all to end', () => !sessions.some(({ pid }) => isAlive(pid)));
  const ran = join(prepared.home, 'ran');
  const runs = existsSync(ran) ? readFileSync(ran, 'utf8').trim().split('\n').length : 0;
  const [first] = sessions;
  const left = first === undefined ? [] : [first.control, `${first.control}.void`, first.deploy].filter(existsSync);
  return { answers, runs, left };
}

async function answerOf({ session }: LocalRun): Promise<Answer> {
  try {
    await session.until('started');
    return 'started';
  } catch (error) {
    return error instanceof RunnerRefusal && error.code === 'void' ? 'void' : 'none';
  }
}

/** Who took the receipt: a starter whose script ran, or whoever made it void; `attach` says `started` of another's. */
function winners({ answers }: Race): number {
  return answers.filter(({ door, answer }) => answer === 'void' || (door === 'start' && answer === 'started')).length;
}

// the runner takes its receipt some 20 to 100 ms after it was started
const afterMs = fc.nat(120);
const starts = fc.array(afterMs, { minLength: 2, maxLength: 4 }).map((times) => times.map(takerAt('start')));
/** One client starts, as a further try has a folder of its own; any number of others come to follow, early ones too. */
const followed = fc
  .tuple(afterMs, fc.array(afterMs, { minLength: 1, maxLength: 4 }))
  .map(([first, others]) => [takerAt('start')(first), ...others.map(takerAt('attach'))]);

function takerAt(door: Taker['door']): (ms: number) => Taker {
  return (ms) => ({ door, afterMs: ms });
}

describe.skipIf(shells.areMissing)('the receipt', () => {
  test.each([
    ['come to start', starts],
    ['come to follow a start', followed],
  ] as const)(
    'is taken once, however many %s, and the script runs once or never as its taker says',
    { timeout: 60_000 },
    async (_, takers) => {
      const reports = await shells.onEach(async (surroundings) => {
        const property = fc.asyncProperty(takers, async (all) => {
          const result = await race(all, surroundings);
          const isStarted = result.answers.some(({ door, answer }) => door === 'start' && answer === 'started');
          const wanted = { winners: 1, runs: isStarted ? 1 : 0, left: [] };
          expect({ ...result, winners: winners(result) }).toMatchObject(wanted);
        });
        // one that throws would end the test while the other shells are at work
        return (
          fc.defaultReportMessage(
            await fc.check(property, { numRuns: 8, endOnFailure: true, includeErrorInReport: true }),
          ) ?? 'no counterexample'
        );
      });
      expect(reports).toEqual(shells.each('no counterexample'));
    },
  );
});
