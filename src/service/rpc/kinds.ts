import * as v from 'valibot';

/** Longer than any id, name or tag that this program or EC2 makes, characters. */
const LONGEST_NAME = 255;
/** PATH_MAX of Linux, with its NUL, bytes. */
const LONGEST_PATH = 4095;
/** What Node's timers hold, seconds (24 days). */
const LONGEST_TIMEOUT = 2_073_600;
const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 1000;

/** Text without line breaks and other control characters, which also no database refuses. */
function line(longest: number) {
  return v.pipe(
    v.string('it is not a text'),
    v.minLength(1, 'it is empty'),
    v.maxLength(longest, `it has more than ${longest} characters`),
    v.regex(/^\P{Cc}*$/u, 'it holds a control character'),
  );
}

export const name = line(LONGEST_NAME);
export const path = line(LONGEST_PATH);
/** SHA-256 */
export const digest = v.pipe(
  v.string('it is not a text'),
  v.regex(/^[\da-f]{64}$/, 'it is not a SHA-256 in small hexadecimal digits'),
);
export const flag = v.boolean('it is neither true nor false');

/** A time limit in seconds. */
export const seconds = v.pipe(
  v.number('it is not a number of seconds'),
  v.minValue(0.001, 'it is less than a millisecond'),
  v.maxValue(LONGEST_TIMEOUT, `it is more than ${LONGEST_TIMEOUT} seconds`),
);

export const limit = v.nullish(
  v.pipe(
    v.number('it is not a number'),
    v.integer('it is not a whole number'),
    v.minValue(1, 'it is less than 1'),
    v.maxValue(LARGEST_LIMIT, `it is more than ${LARGEST_LIMIT}`),
  ),
  DEFAULT_LIMIT,
);

/** `next_cursor` of the page before. */
export const cursor = v.nullish(name, null);

/** 1 to `most` of them. */
export function listOf<Item extends v.GenericSchema>(item: Item, most: number): List<Item> {
  return v.pipe(
    v.array(item, 'it is not a list'),
    v.minLength(1, 'it is empty'),
    v.maxLength(most, `it has more than ${most} entries`),
  );
}

type List<Item extends v.GenericSchema> = v.GenericSchema<v.InferInput<Item>[], v.InferOutput<Item>[]>;
