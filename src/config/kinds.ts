import { isIP } from 'node:net';
import { isRegion } from '../model/creation.ts';
import type { StragglerLimit } from '../model/plan.ts';
import { parseDuration, parseSize } from '../util/parse-quantity.ts';

/** What a source gives for a key, before it is understood. */
export type Raw = string | readonly string[];

/** Why a value is not accepted. */
export class Refusal {
  /** what is wrong and what is accepted, e.g. `"abc" is not a duration; write it like 10s, 5m or 1h30m` */
  readonly complaint: string;

  constructor(complaint: string) {
    this.complaint = complaint;
  }
}

/** Turns what was written into a value, or says why it cannot. */
export type Kind<T> = (raw: Raw) => T | Refusal;

/** Node's timers hold at most 2^31 - 1 ms (24.8 days) and fire at once beyond that. */
const LONGEST_DURATION_MS = parseDuration('24d') as number;

/** One line of text, not empty. */
export const text = single((value) =>
  value.trim() === '' || hasControlCharacter(value) ? new Refusal(`${shown(value)} is not a line of text`) : value,
);

/** A path as it was written; `~` is expanded later. */
export const path = single((value) => {
  if (value.trim() === '' || hasControlCharacter(value)) return new Refusal(`${shown(value)} is not a path`);
  if (/^~[^/]/.test(value)) return new Refusal(`${shown(value)} is another user's home; write the path out`);
  return value;
});

/** Milliseconds, at least 1. */
export const timeout = durationFrom(1, '1ms');

/** Milliseconds, 0 allowed. */
export const delay = durationFrom(0, '0s');

/** A multiple of the median, as `3x`, or a time; `never` is null. */
export const stragglerLimit: Kind<StragglerLimit | null> = single((value) => {
  if (value === 'never') return null;
  const [, factor] = /^(\d{1,4}(?:\.\d+)?)x$/.exec(value) ?? [];
  if (factor !== undefined) {
    return Number(factor) > 1
      ? { factor: Number(factor) }
      : new Refusal(`${shown(value)} is too little; write more than 1x`);
  }
  const ms = timeout(value);
  if (typeof ms === 'number') return { ms };
  if (parseDuration(value) !== null) return ms;
  return new Refusal(`${shown(value)} is no limit for stragglers; write it like 3x, 2m or never`);
});

/** Bytes, at least 1. */
export const size = single((value) => {
  const bytes = parseSize(value);
  if (bytes === null) return new Refusal(`${shown(value)} is not a size; write it like 512KiB, 2MiB or 1GB`);
  if (bytes < 1 || bytes > Number.MAX_SAFE_INTEGER) return new Refusal(`${shown(value)} is out of range`);
  return bytes;
});

/** An AWS region; the form is checked, not whether AWS has it. */
const region = single((value) =>
  isRegion(value) ? value : new Refusal(`${shown(value)} is not an AWS region; write it like us-east-1`),
);

/** AWS regions, at least one; in one text they are separated by commas. */
export const regions: Kind<readonly string[]> = (raw) => {
  const items = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
  if (items.length === 0) return new Refusal('the list is empty; name at least one AWS region');
  const values = items.map(region);
  return values.find((value) => value instanceof Refusal) ?? [...new Set(values as string[])];
};

/** Words without white space; in one text they are separated by commas. */
export const words: Kind<readonly string[]> = (raw) => {
  const items = listOf(raw);
  const wrong = items.find((item) => !/^[^\s\p{Cc}]+$/u.test(item));
  if (wrong !== undefined) return new Refusal(`${shown(wrong)} is not one word; separate them by commas`);
  return items.length === 0 ? new Refusal('the list is empty; name at least one') : [...new Set(items)];
};

/** `key=value`, each key once; an empty list is none. */
export const tags: Kind<Readonly<Record<string, string>>> = (raw) => {
  const found = new Map<string, string>();
  for (const item of listOf(raw)) {
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(item) ?? [];
    if (key === '' || hasControlCharacter(item))
      return new Refusal(`${shown(item)} is not a tag; write it like team=web`);
    if (found.has(key)) return new Refusal(`the tag ${shown(key)} is given twice; leave one of the two out`);
    found.set(key, value);
  }
  return Object.fromEntries(found);
};

/** The address of a service, without a slash at its end. */
export const url = single((value) => {
  const isUrl = /^https?:\/\/[^\s/]+/.test(value) && URL.canParse(value);
  return isUrl
    ? value.replace(/\/+$/, '')
    : new Refusal(`${shown(value)} is not a URL; write it like https://host:port`);
});

/** Paths as they were written; in one text they are separated by commas. An empty list is none. */
export const paths: Kind<readonly string[]> = (raw) => {
  const values = listOf(raw).map(path);
  return values.find((value) => value instanceof Refusal) ?? [...new Set(values as string[])];
};

/** `postgres://user@host/database`; what is wrong with it is said without its password. */
export const postgresUrl = single((value) => {
  const isUrl = /^postgres(ql)?:\/\/\S+$/.test(value) && URL.canParse(value);
  return isUrl
    ? value
    : new Refusal('it is not the URL of a PostgreSQL database; write it like postgres://user@host/name');
});

/** `HOST:PORT` (an IPv6 address in brackets, port 0 takes a free one), or the absolute path of a Unix socket. */
export const listenAddress = single((value) => {
  if (/^(~?\/|unix:)/.test(value)) return path(value.replace(/^unix:/, ''));
  const [, host = '', port = ''] = /^(\[[\da-f:.]+\]|[\w.-]+):(\d{1,5})$/i.exec(value) ?? [];
  return host !== '' && Number(port) <= 65_535
    ? value
    : new Refusal(`${shown(value)} is no address to listen at; write it like 127.0.0.1:8080, or /run/spot.sock`);
});

/** A network in the notation of CIDR, e.g. `203.0.113.0/24`, or `auto`. */
export const networkOrAuto = single((value) => {
  if (value === 'auto') return value;
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  const mostBits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return bits !== '' && Number(bits) <= mostBits
    ? value
    : new Refusal(`${shown(value)} is not a network; write it like 203.0.113.0/24, or auto`);
});

function listOf(raw: Raw): string[] {
  const items = typeof raw === 'string' ? raw.split(',') : raw;
  return items.map((item) => item.trim()).filter((item) => item !== '' || typeof raw !== 'string');
}

export function wholeNumber(least: number, most: number): Kind<number> {
  return single((value) => {
    const number = /^\d+$/.test(value.trim()) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    return new Refusal(`${shown(value)} is not a whole number from ${least} to ${most}`);
  });
}

export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return single(
    (value) => words.find((word) => word === value) ?? new Refusal(`${shown(value)} is not one of ${words.join(', ')}`),
  );
}

function durationFrom(leastMs: number, least: string): Kind<number> {
  return single((value) => {
    const ms = parseDuration(value);
    if (ms === null) return new Refusal(`${shown(value)} is not a duration; write it like 10s, 5m or 1h30m`);
    if (ms < leastMs) return new Refusal(`${shown(value)} is too short; the least is ${least}`);
    if (ms > LONGEST_DURATION_MS) return new Refusal(`${shown(value)} is too long; the most is 24d`);
    return ms;
  });
}

function single<T>(parse: (value: string) => T | Refusal): Kind<T> {
  return (raw) => (typeof raw === 'string' ? parse(raw) : new Refusal('a list was given; it takes one value'));
}

/**
 * The value as messages show it: its first line, at most 60 characters, so that a private key pasted where its path
 * belongs does not end up in a log.
 */
function shown(value: string): string {
  const [line = ''] = value.split(/[\r\n]/, 1);
  return JSON.stringify(line === value && line.length <= 60 ? line : `${line.slice(0, 60)}…`);
}

function hasControlCharacter(value: string): boolean {
  return /\p{Cc}/u.test(value);
}
