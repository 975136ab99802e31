import * as v from 'valibot';
import { OUTCOME_KINDS, type OutcomeKind } from '../../model/outcome.ts';
import { deployedAnswer } from '../rpc/answers.ts';
import { digest, flag, listOf, name, path, seconds } from '../rpc/kinds.ts';
import { instanceIds, OTHER_SOURCES, SOURCE, SOURCE_PATHS, sourcesIn } from '../rpc/params.ts';

/** As many as instances in one request: a list of them is sent as one word each. */
const MOST_WORDS = 10_000;
const MOST_ARGUMENTS = 10_000;
/** MAX_ARG_STRLEN of Linux, bytes. */
const LONGEST_ARGUMENT = 131_072;

const words = v.nullish(
  v.pipe(v.array(name, 'it is not a list'), v.maxLength(MOST_WORDS, `it has more than ${MOST_WORDS} entries`)),
  [],
);
const argument = v.pipe(
  v.string('it is not a text'),
  v.maxLength(LONGEST_ARGUMENT, `it has more than ${LONGEST_ARGUMENT} characters`),
);

const selectionWords = { limit: words, exclude: words };

/** The body of `POST /api/v1/selection`. */
export const selectionBody = v.strictObject(selectionWords);

/** The body of `POST /api/v1/runs`: instances by id, or by words as those of `--limit` and `--exclude`. */
export const runBody = v.pipe(
  v.strictObject({
    instance_ids: v.nullish(instanceIds, null),
    ...selectionWords,
    expect: v.nullish(listOf(name, MOST_WORDS), null),
    ...SOURCE,
    ...OTHER_SOURCES,
    execute_payload: v.nullish(flag, true),
    args: v.nullish(
      v.pipe(v.array(argument, 'it is not a list'), v.maxLength(MOST_ARGUMENTS, 'it has too many entries')),
      [],
    ),
    environment: v.nullish(v.record(v.string(), v.string('it is not a text'), 'it is not an object'), {}),
    remote_path: v.nullish(path, null),
    timeout: v.nullish(seconds, null),
    ready_timeout: v.nullish(seconds, null),
    retries: v.nullish(v.pipe(v.number('it is not a number'), v.integer('it is not a whole number')), null),
    cleanup: v.nullish(flag, false),
    exclusive: v.nullish(flag, false),
  }),
  v.partialCheck(
    SOURCE_PATHS,
    (given) => sourcesIn(given) === 1,
    'exactly one of payload_path, payload and payload_digest has to be given',
  ),
  v.partialCheck(
    [['instance_ids'], ['limit'], ['exclude'], ['expect']],
    ({ instance_ids, limit, exclude, expect }) =>
      instance_ids === null || (limit.length === 0 && exclude.length === 0 && expect === null),
    'instances are named by instance_ids, or chosen by limit, exclude and expect, not both',
  ),
);

/** Numbers in a query are text. */
export const eventsQuery = v.strictObject({
  after: v.nullish(v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'it is not the number of an event')), null),
});

export const uploadQuery = v.strictObject({ digest: v.nullish(digest, null) });

const text = v.string();
const textOrNull = v.nullable(v.string());
const count = v.pipe(v.number(), v.integer());

export const selectionAnswer = v.strictObject({
  chosen: v.array(v.strictObject({ instance_id: text, name: textOrNull, address: textOrNull })),
  skipped: v.array(v.strictObject({ instance_id: text, name: textOrNull, reason: text })),
  /** words that match nothing */
  unmatched: v.strictObject({ limit: v.array(text), exclude: v.array(text) }),
  /** ids of those of `skipped` that a word of `limit` means which comes to nothing */
  not_ready: v.array(text),
});

export const startedAnswer = v.strictObject({
  run_id: text,
  payload: v.strictObject({ name: text, version: count, digest: text }),
  ...deployedAnswer.entries,
});

export const runAnswer = v.strictObject({
  id: text,
  mode: v.picklist(['run', 'copy']),
  payload: v.strictObject({ name: text, digest: text, size_bytes: count, files: count }),
  created_at: text,
  finished_at: textOrNull,
  exit_code: v.nullable(count),
  instances: count,
  counts: v.strictObject(
    Object.fromEntries(OUTCOME_KINDS.map((kind) => [kind, count])) as Record<OutcomeKind, typeof count>,
  ),
});

export const uploadAnswer = v.strictObject({ name: text, version: count, digest: text });
