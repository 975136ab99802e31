import type { AttemptResult } from '../model/attempt.ts';

/** Gives a text without what differs from one instance to the next, or from one moment to the next. */
export type Fingerprint = (text: string) => string;

type Called = Pick<AttemptResult, 'instanceId' | 'name' | 'address'>;

/** Stands for everything that is masked: a number may be a pid here and a digest there. */
const MASK = '#';

const UUID = /(?<![\da-z])[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}(?![\da-z])/gi;
/** Seven digits is what git shows of a digest; words like `defaced` have no digit. */
const HEX = /(?<![\da-z])(?:0x[\da-f]+|(?=[a-f]*\d)[\da-f]{7,}|[a-f]{16,})(?![\da-z])/gi;
const CLOCK = '\\d{1,2}:\\d\\d(?::\\d\\d(?:[.,]\\d+)?)?';
const ZONE = '(?:\\s?(?:Z|UTC|GMT|[+-]\\d\\d:?\\d\\d)(?![\\da-z]))?';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*';
const WEEKDAY = '(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\\s+)?';
const DOMAIN = '(?:\\.[a-z][\\da-z-]*)*';

/** What is masked, in this order: what looks like several of them is the first. Paths go before all of these. */
const MASKED: readonly RegExp[] = [
  UUID,
  // ISO 8601 and its compact form, as in the ids of runs
  new RegExp(`(?<!\\d)\\d{4}-\\d\\d-\\d\\d(?:[T ]${CLOCK})?${ZONE}`, 'g'),
  /(?<![\da-z])\d{8}[T-]\d{4,}Z?(?:[-.][\da-f]{1,8})?(?![\da-z])/gi,
  // syslog, date(1), RFC 2822, Apache
  new RegExp(
    `(?<![a-z])${WEEKDAY}${MONTH}\\s+\\d{1,2}(?!\\d)(?:\\s+${CLOCK})?(?:\\s[A-Z]{3,4}(?![a-z]))?(?:,?\\s\\d{4})?`,
    'g',
  ),
  new RegExp(`(?<!\\d)${WEEKDAY}\\d{1,2}[/ -]${MONTH}[/ -]\\d{2,4}(?:[: ]${CLOCK})?${ZONE}`, 'g'),
  /(?<!\d)\d{1,2}\/\d{1,2}\/\d{2,4}(?!\d)/g,
  // MAC addresses, and MD5 as ssh shows it
  /(?<![\da-z:-])(?:[\da-f]{2}[:-]){5,}[\da-f]{2}(?![\da-z])/gi,
  new RegExp(`(?<![:\\w.])${CLOCK}(?:\\s?[AP]M)?(?![:\\w])${ZONE}`, 'g'),
  /(?<![\w:])(?=[\da-f:]*\d|(?:[\da-f]*:){5})(?:[\da-f]{0,4}:){2,8}[\da-f]{0,4}(?:\.\d+){0,3}(?:%\w+)?(?![\w:])/gi,
  /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)/g,
  new RegExp(`(?<![\\da-z])(?:ip|ec2)(?:-\\d{1,3}){4}${DOMAIN}`, 'gi'),
  // ids of EC2: instances, volumes, images …
  /(?<![\da-z-])[a-z]{1,7}-[\da-f]{8}(?:[\da-f]{9})?(?![\da-z])/g,
  /(?<![\w.-])(?:[a-z][\da-z-]*\.)+(?:internal|local|lan|com|net|org|io)(?=:\d)/gi,
  /(?:\[#\]|#):\d{1,5}(?!\d)/g,
  HEX,
  /(?<![\da-z.])(?:\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:ours?)?|d(?:ays?)?)\s?)+(?![\da-z])/gi,
  /(?<![\da-z.])\d+(?:\.\d+)?\s?(?:%|(?:[KMGTP]i?B?|bytes?|B)(?:\/s)?(?![\da-z]))/gi,
  /(?<=\b(?:pid|process|tid|thread)\b[ =:#]*)\d+/gi,
  /(?<=[[(])\d+(?=[\])])/g,
  // what is longer than an exit code or an HTTP status; but ORA-01555 and TS2345 say what is wrong
  /(?<![\w]|[A-Z]-)\d{4,}(?:\.\d+)?/g,
];

/** Absolute, or below a home directory; not what follows a host in a URL. */
const PATH = /(?<![\w#/]|:\/|:(?=\/\/))~?(?:\/[^\s'"`:;,()[\]{}<>|=&?*/]+)+/g;
/** The first name below /tmp is mostly made up. */
const IN_TEMP = /^((?:\/var)?\/tmp\/)([^/]+)/;
const MADE_UP = /^tmp[._-]?\w{6,}$|[\da-z]{6,}(?![\da-z])/gi;
/** Words that may be a name; a dot or a colon at the end of one belongs to the sentence. */
const WORD = /[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?/gu;
/** The same, three times as fast. */
const ASCII_WORD = /\w(?:[\w.-]*\w)?/g;
const BEYOND_ASCII = /[^\0-\x7F]/;
const MAY_DIFFER = /[\d/:]/;

/**
 * The fingerprint for what these instances have said: names, ids and addresses of all of them are masked, whichever of
 * them says it, and addresses, ids, dates, times, digests, pids, sizes, and what varies in absolute paths.
 */
export function createFingerprint(instances: readonly Called[]): Fingerprint {
  const maskNames = namesMasker(instances);
  const known = new Map<string, string>();
  const ofLine = (line: string): string => {
    const earlier = known.get(line);
    if (earlier !== undefined) return earlier;
    const masked = maskValues(maskNames(line));
    known.set(line, masked);
    return masked;
  };
  return (text) => (text.includes('\n') ? text.split('\n').map(ofLine).join('\n') : ofLine(text));
}

function namesMasker(instances: readonly Called[]): Fingerprint {
  const all = instances.flatMap(({ instanceId, name, address }) => [instanceId, name ?? '', address]);
  const names = new Set(all.filter((name) => name !== ''));
  // a name with spaces, say
  const odd = [...names].filter((name) => name.match(WORD)?.[0] !== name).sort((a, b) => b.length - a.length);
  return (line) => {
    const rest = odd.reduce((text, name) => text.replaceAll(name, MASK), line);
    const pattern = BEYOND_ASCII.test(rest) ? WORD : ASCII_WORD;
    return rest.replace(pattern, (word) => (names.has(word) ? MASK : maskHost(word, names)));
  };
}

/** `web-1.example.com` of an instance `web-1`. */
function maskHost(word: string, names: ReadonlySet<string>): string {
  const dot = word.indexOf('.');
  return dot !== -1 && names.has(word.slice(0, dot)) ? MASK : word;
}

function maskValues(line: string): string {
  if (!MAY_DIFFER.test(line)) return line.replace(HEX, MASK);
  return MASKED.reduce((text, pattern) => text.replace(pattern, MASK), line.replace(PATH, maskPath));
}

function maskPath(path: string): string {
  return path
    .replace(IN_TEMP, (_, folder: string, name: string) => folder + name.replace(MADE_UP, maskMadeUp))
    .replace(UUID, MASK)
    .replace(HEX, MASK)
    .replace(/\d+/g, MASK);
}

/** Of both cases, or of letters and digits; or what mktemp makes. */
function maskMadeUp(word: string): string {
  const isMixed = /\d/.test(word) ? /[a-z]/i.test(word) : /[a-z][A-Z]|[A-Z]{2}.*[a-z]/.test(word);
  return isMixed || /^tmp[._-]?\w{6}/.test(word) ? MASK : word;
}
