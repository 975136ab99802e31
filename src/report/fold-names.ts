import { byNumber } from '../util/by-number.ts';
import { groupBy } from '../util/group-by.ts';

/** A name as a pattern with one number: `web-7.prod` is `web-`, `7`, `.prod`. */
interface Numbered {
  readonly name: string;
  readonly before: string;
  readonly digits: string;
  readonly after: string;
}

const NUMBERS = '\\d+(?:-\\d+)?(?:,\\d+(?:-\\d+)?)*';
const FOLDED = new RegExp(`^(.*?)\\[(${NUMBERS})\\](.*)$`, 's');
/** More digits than a number holds exactly are no number to count with. */
const MAX_DIGITS = 15;
/** An id of EC2 is one word, whatever digits are in it. */
const EC2_ID = /^[a-z]{1,7}-[\da-f]{8}(?:[\da-f]{9})?$/;

/**
 * Writes many names in few words, as clush and nodeset do: `web-[1-3,7]`. Each name stands in exactly one of the words;
 * a name that looks like such a word itself has its brackets doubled.
 * @returns the words, in the order of their numbers
 */
export function foldNames(names: Iterable<string>): string[] {
  const left = new Set(names);
  const words: string[] = [];
  const shapes = groupBy([...left].flatMap(waysToSee), ({ before, after }) => `${before}\0${after}`);
  for (const members of [...shapes.values()].sort((a, b) => b.length - a.length)) {
    const still = members.filter(({ name }) => left.has(name));
    if (still.length < 2) continue;
    words.push(foldShape(still));
    for (const { name } of still) left.delete(name);
  }
  return [...words, ...[...left].map(escape)].sort((a, b) => byNumber.compare(a, b) || (a < b ? -1 : 1));
}

/** The names that folded words stand for. */
export function expandNames(words: Iterable<string>): string[] {
  return [...words].flatMap((word) => {
    if (word.includes('[[')) return [word.replaceAll('[[', '[')];
    const [, before, numbers, after] = FOLDED.exec(word) ?? [];
    return numbers === undefined ? [word] : numbersOf(numbers).map((digits) => `${before}${digits}${after}`);
  });
}

/** A name may be seen as a pattern in as many ways as there are numbers in it; the last one is the likeliest. */
function waysToSee(name: string): Numbered[] {
  if (name.includes('[') || EC2_ID.test(name)) return [];
  const numbers = [...name.matchAll(/\d+/g)].filter(([digits]) => digits.length <= MAX_DIGITS);
  return numbers.reverse().map(({ 0: digits, index }) => ({
    name,
    before: name.slice(0, index),
    digits,
    after: name.slice(index + digits.length),
  }));
}

function foldShape(members: readonly Numbered[]): string {
  const { before, after } = members[0] as Numbered;
  const sorted = members.map(({ digits }) => digits).sort((a, b) => Number(a) - Number(b) || a.length - b.length);
  const ranges: [first: string, last: string][] = [];
  for (const digits of sorted) {
    const range = ranges.at(-1);
    if (range !== undefined && digits === next(range[1], range[0])) range[1] = digits;
    else ranges.push([digits, digits]);
  }
  const words = ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`));
  return `${before}[${words.join(',')}]${after}`;
}

/** The number behind `digits` in a range that begins with `first`: filled up with zeros where that one is. */
function next(digits: string, first: string): string {
  const width = first.startsWith('0') ? first.length : 0;
  return String(Number(digits) + 1).padStart(width, '0');
}

function numbersOf(numbers: string): string[] {
  return numbers.split(',').flatMap((range) => {
    const [first = '', last = first] = range.split('-');
    const all = [first];
    for (let digits = first; Number(digits) < Number(last);) all.push((digits = next(digits, first)));
    return all;
  });
}

function escape(name: string): string {
  return name.includes('[[') || FOLDED.test(name) ? name.replaceAll('[', '[[') : name;
}
