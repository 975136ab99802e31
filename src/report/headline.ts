import type { AttemptResult } from '../model/attempt.ts';
import { problemOf } from '../model/outcome.ts';
import { harmless, withoutEscapes } from './text.ts';
import { outcomeDetail } from './words.ts';

/** What stands for the instance in the sentence of a problem: several may share it. */
const INSTANCE = '<instance>';
/** Characters; a longer line is no headline. */
const MAX_CHARS = 300;
/** Lines at the end of an output among which the telling one is looked for. */
const LAST_LINES = 40;
const TELLING =
  /\b(?:E:|errors?\b|ERR!|fatal|fail(?:ed|ure)?\b|panic|abort(?:ed|ing)?\b|cannot|can't|could ?n[o']t|unable to|no such|no space|not found|denied|refused|timed out|killed|out of memory|unbound variable)|[a-z](?:Error|Exception)\b|(?:^|[\s:[])(?:error|fatal|fail)/i;
/** A frame around what went wrong, which stands before it. */
const FRAME = /^make(?:\[\d+\])?: \*\*\*|^npm ERR! A complete log/;

/** The one line that says most about how an attempt ended; safe to show. */
export function headlineOf(attempt: AttemptResult): string {
  const line = harmless(mostTelling(attempt)).trim();
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line;
}

/** The same as it came, in its whole length. */
export function mostTelling(attempt: AttemptResult): string {
  const { outcome, stdout, stderr } = attempt;
  const problem = problemOf(outcome);
  if (problem !== null) return withoutInstance(problem.message, attempt);
  if (outcome.kind === 'succeeded') return lastLine(stdout.tail) ?? lastLine(stderr.tail) ?? '';
  if (outcome.kind === 'skipped') return outcome.reason;
  const telling = tellingLine(stderr.tail) ?? tellingLine(stdout.tail);
  if (telling !== null) return telling;
  const detail = outcomeDetail(outcome);
  if (outcome.kind === 'killed') return detail;
  return lastLine(stderr.tail) ?? lastLine(stdout.tail) ?? `${detail}, without a word`;
}

/** What a terminal would show of each line in the end, without those that are empty. */
function linesOf(tail: string): string[] {
  const lines = tail.split('\n').slice(-LAST_LINES - 1);
  const shown = lines.map((line) =>
    withoutEscapes(line)
      .replace(/\r+$/, '')
      .replace(/^[^]*\r/, ''),
  );
  return shown.filter((line) => line.trim() !== '');
}

function lastLine(tail: string): string | null {
  return linesOf(tail).at(-1) ?? null;
}

/** The first of the last lines that speak of an error: what comes after it follows from it. */
function tellingLine(tail: string): string | null {
  const lines = linesOf(tail);
  const isTelling = (line: string): boolean => TELLING.test(line) && !/^\s/.test(line) && !FRAME.test(line);
  const last = lines.findLastIndex(isTelling);
  if (last === -1) return null;
  const before = lines.slice(0, last).findLastIndex((line) => !isTelling(line));
  return lines[before + 1] ?? null;
}

/** `<instance> refused the connection …`: the port is the same one nearly everywhere. */
function withoutInstance(message: string, { instanceId, name, address }: AttemptResult): string {
  const words = [instanceId, name ?? '', address].filter((word) => word !== '').sort((a, b) => b.length - a.length);
  return words.reduce((text, word) => replaceWord(text, word), message);
}

function replaceWord(text: string, word: string): string {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w.-])\\[?${escaped}\\]?(?::\\d+)?(?![\\w-]|\\.\\w)`, 'g'), INSTANCE);
}
