import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Config } from '../config/config.ts';
import { labelInstances } from '../report/labels.ts';
import { harmless } from '../report/text.ts';
import { outcomeWord } from '../report/words.ts';
import type { StreamName } from '../run/outputs.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { reasonOf } from '../util/system-error.ts';
import type { Io } from './io.ts';
import { outputPath, outputStateOf } from './recorded-output.ts';
import { logsDirOf } from './retention.ts';

const MORE = '-- [Enter] more, [a]ll the rest, [q] enough -- ';
/** Lines of a page that are not of an output: the question. */
const OTHER_LINES = 1;
const USUAL_ROWS = 24;

/** Prints what the scripts of these attempts have said, page by page, all of one instance after all of another one. */
export async function showOutputs(attempts: readonly AttemptRecord[], config: Config, io: Io): Promise<void> {
  const { askOneKey } = await import('./prompts/prompts.ts');
  const page = Math.max(1, (io.stderr.rows || USUAL_ROWS) - OTHER_LINES);
  let left = page;
  for await (const line of linesOf(attempts, config)) {
    if (left === 0) {
      const answer = await askOneKey(io, { question: MORE, letters: ['a', 'q'], enter: 'more', isErased: true });
      if (answer.kind !== 'given' || answer.value === 'q') return;
      left = answer.value === 'a' ? Number.POSITIVE_INFINITY : page;
    }
    io.stderr.write(`${line}\n`);
    left -= 1;
  }
}

async function* linesOf(attempts: readonly AttemptRecord[], config: Config): AsyncGenerator<string> {
  const labels = labelInstances(attempts);
  for (const attempt of attempts) {
    const label = harmless(labels.get(attempt.instanceId) as string);
    const { outcome } = attempt;
    yield `${label}: ${outcome === null ? 'open' : outcomeWord(outcome)}`;
    yield* streamLines(attempt, 'stdout', config);
    yield* streamLines(attempt, 'stderr', config);
  }
}

async function* streamLines(attempt: AttemptRecord, stream: StreamName, config: Config): AsyncGenerator<string> {
  const state = outputStateOf(attempt, stream);
  if (state === 'none' || state === 'open') {
    if (stream === 'stdout') yield '  (nothing on stdout)';
    return;
  }
  if (state === 'pruned') {
    yield `  (${stream} was pruned)`;
    return;
  }
  yield `  ${stream}:`;
  const input = createReadStream(outputPath(logsDirOf(config, attempt.runId), attempt, stream), 'utf8');
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield `  | ${harmless(line)}`;
    }
  } catch (error) {
    yield `  (cannot be read: ${reasonOf(error)})`;
  } finally {
    input.destroy();
  }
}
