const DEFAULT_INTERPRETER = ['bash'] as const;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Reads argv of the interpreter from a script's first line, the way Linux does: the first word, then everything after
 * it as one argument (so `env -S` splits its own). A byte order mark before `#!` and a carriage return after it are
 * left out.
 * @param text the script, or at least its first line
 * @returns `['/bin/bash', '-e']`, or `['bash']` where the first line names none
 */
export function parseInterpreter(text: string): readonly string[] {
  const line = firstLine(text);
  if (!line.startsWith('#!')) return DEFAULT_INTERPRETER;
  const match = /^[ \t]*([^ \t]+)[ \t]*(.*)$/.exec(line.slice(2).trimEnd());
  if (match === null) return DEFAULT_INTERPRETER;
  const [, program, argument] = match as unknown as [string, string, string];
  return argument === '' ? [program] : [program, argument];
}

/** The script's name inside the archive: `script.py` and `script.js` for what Python and Node run, else `script.sh`. */
export function entrypointFor(interpreter: readonly string[]): string {
  const program = programOf(interpreter);
  if (/^(python|pypy)[\d.]*$/.test(program)) return 'script.py';
  if (/^node(js)?$/.test(program)) return 'script.js';
  return 'script.sh';
}

function firstLine(text: string): string {
  const start = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  const end = text.indexOf('\n', start);
  return text.slice(start, end === -1 ? undefined : end);
}

/** The base name of what runs in the end: looks through `env`, its options and its `NAME=value` words. */
export function programOf([path = '', argument = '']: readonly string[]): string {
  const program = baseName(path);
  if (program !== 'env') return program;
  const word = argument.split(/\s+/).find((part) => part !== '' && !part.startsWith('-') && !part.includes('='));
  return baseName(word ?? '');
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
