/** What somebody may well mean; more is a slip. */
const MOST_HOSTS = 100_000;

/** `[01:10]`, `[01:10:2]`, `[:3]`, `[a:f]`; an IPv6 address in brackets is none. */
const RANGE = /\[(\d*|[a-z]|[A-Z]):(\d+|[a-z]|[A-Z])(?::(\d+))?\]/;

/**
 * The names that a pattern of Ansible stands for: `web[01:03]` for web01, web02 and web03; a name without a range for itself.
 * Both ends belong to it, and zeros in front of the first one are kept.
 * @returns the names, or a sentence about what is wrong with it
 */
export function expandHostRange(pattern: string): string[] | string {
  const match = RANGE.exec(pattern);
  if (match === null) return [pattern];
  const [range, first = '', last = '', step = '1'] = match;
  const items = itemsOf(first, last, Number(step));
  if (typeof items === 'string') return `the range ${range} ${items}`;
  const rests = expandHostRange(pattern.slice(match.index + range.length));
  if (typeof rests === 'string') return rests;
  if (items.length * rests.length > MOST_HOSTS)
    return `${pattern} stands for more than ${MOST_HOSTS} hosts; write less`;
  const front = pattern.slice(0, match.index);
  return items.flatMap((item) => rests.map((rest) => front + item + rest));
}

function itemsOf(first: string, last: string, step: number): string[] | string {
  if (step === 0) return 'goes by steps of 0; write 1 or more';
  const isLetters = /[a-z]/i.test(first);
  if (isLetters !== /[a-z]/i.test(last)) return 'mixes letters and numbers; write [1:9] or [a:f]';
  return isLetters ? letters(first, last, step) : numbers(first || '0', last, step);
}

function numbers(first: string, last: string, step: number): string[] | string {
  const width = first.startsWith('0') && first.length > 1 ? first.length : 0;
  if (width > 0 && last.length !== width) return 'has ends of different lengths; write both like [01:10]';
  const [from, to] = [Number(first), Number(last)];
  if (to < from) return 'runs backwards; write the smaller end first';
  if ((to - from) / step > MOST_HOSTS) return `stands for more than ${MOST_HOSTS} hosts; write less`;
  const count = Math.floor((to - from) / step) + 1;
  return Array.from({ length: count }, (_, index) => String(from + index * step).padStart(width, '0'));
}

function letters(first: string, last: string, step: number): string[] | string {
  const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)];
  if (to < from || first < 'a' !== last < 'a') return 'runs backwards; write the smaller end first, both in one case';
  const count = Math.floor((to - from) / step) + 1;
  return Array.from({ length: count }, (_, index) => String.fromCharCode(from + index * step));
}
