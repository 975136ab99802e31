import { globMatcher } from '../../inventory/glob.ts';
import { usageError } from '../../model/errors.ts';
import type { Segment } from '../../remote/fetch/program.ts';

/** What is to be fetched, as the user wrote it. */
export interface RemotePattern {
  readonly text: string;
  /** what it begins at: DEPLOY_FILES_DIR, the home (`~/…`), or the root of the file system (`/…`) */
  readonly base: 'files' | 'home' | 'root';
  /**
   * For the instance, which may find too much with them, but never too little: its shell may know neither UTF-8 nor `[!a]`.
   */
  readonly segments: readonly Segment[];
  /** Whether a path below the base matches, or lies in a folder that does. The last word: a host may say anything. */
  matches(path: string): boolean;
}

/**
 * Reads the pattern of `spot fetch`: `*`, `?`, `[a-z]` and `[!a-z]` stay within a name, `**` as a whole part stands for any
 * number of folders; a dot at the beginning of a name must be written. A backslash is a character like any other: `[*]` is
 * a star.
 * @throws SpotError `bad-pattern` (exit 64)
 */
export function parsePattern(text: string): RemotePattern {
  const refuse = (why: string): never => {
    throw usageError('bad-pattern', `the pattern '${text}' ${why}`);
  };
  if (text === '') refuse("is empty; write '**' for everything in the files folder");
  if (text.includes('\0')) refuse('holds a NUL, which no name can');
  const base = text.startsWith('/') ? 'root' : /^~(\/|$)/.test(text) ? 'home' : 'files';
  if (base === 'files' && text.startsWith('~')) refuse('names the home of somebody; write ~/… or a whole path');
  const below = base === 'home' ? text.slice(1) : text;
  const words = below.split('/').filter((word) => word !== '' && word !== '.');
  if (words.includes('..')) refuse('holds ..; write the path without it');
  if (base === 'root' && words.every((word) => word === '**')) refuse('means the whole disk; name a folder in it');
  const parts = withoutIdleStars(words);
  return { text, base, segments: parts.map(segmentOf), matches: compile(parts, refuse) };
}

/** `**` after another one adds nothing; at the end it stands for all that a folder holds, as the folder itself does. */
function withoutIdleStars(words: readonly string[]): string[] {
  const parts = words.filter((word, index) => word !== '**' || words[index - 1] !== '**');
  return parts.at(-1) === '**' ? parts.slice(0, -1) : parts;
}

function segmentOf(part: string): Segment {
  if (part === '**') return { kind: 'deep', text: '' };
  if (!/[*?[]/.test(part)) return { kind: 'name', text: part };
  return { kind: 'pattern', text: part.replace(TOKEN, shellToken) };
}

/** As in `globMatcher`. */
const TOKEN = /\*+|\[(!?)([^\]]+)\]|./gsu;
/** Sets that every shell reads alike, byte by byte. */
const PLAIN_SET = /^[A-Za-z0-9_.-]+$/;

function shellToken(token: string, negation: string | undefined, members: string | undefined): string {
  if (token.startsWith('*')) return '*';
  if (token === '?') return '?*';
  if (members !== undefined) return negation === '' && PLAIN_SET.test(members) ? token : '?*';
  if (token === '[') return '[[]';
  // shells do not agree on whether a backslash quotes in there; doubled it does not matter
  return token === '\\' ? '[\\\\]' : token;
}

/** The parts that may come next are followed name by name: no pattern takes more than its length times that of a path. */
function compile(parts: readonly string[], refuse: (why: string) => never): (path: string) => boolean {
  const matchers = parts.map((part) => matcherOf(part, refuse));
  const withSkipped = (places: Iterable<number>): Set<number> => {
    const all = new Set<number>();
    for (let place of places) {
      all.add(place);
      while (parts[place] === '**') all.add((place += 1));
    }
    return all;
  };
  return (path) => {
    let places = withSkipped([0]);
    for (const name of path.split('/')) {
      if (places.has(parts.length)) return true;
      const next = [...places].filter((place) => matchers[place]?.(name));
      places = withSkipped(next.map((place) => (parts[place] === '**' ? place : place + 1)));
    }
    return places.has(parts.length);
  };
}

function matcherOf(part: string, refuse: (why: string) => never): (name: string) => boolean {
  if (part === '**') return (name) => !name.startsWith('.');
  try {
    const matches = globMatcher(part);
    const showsHidden = !/^[*?[]/.test(part);
    return (name) => (showsHidden || !name.startsWith('.') || name === part) && matches(name);
  } catch {
    return refuse('has brackets that cannot be read');
  }
}
