/** Words of a command line up to the cursor, as the shell reads them; nothing is expanded. */
export interface TypedWords {
  /** those before the one at the cursor, without the program */
  readonly words: readonly string[];
  /** the one at the cursor, so far as it is typed; empty behind a blank */
  readonly current: string;
  /** how much of `current` the shell keeps by itself: characters up to the last one at which bash breaks words */
  readonly kept: number;
  /** the quote in which the cursor stands, or empty */
  readonly quote: string;
}

/** What stands in quotes, closed or not; an escaped character; blanks; one character. */
const PART = /'([^']*)('?)|"((?:[^"\\]|\\.)*)("?)|\\(.)|(\s+)|(.)/gs;

/**
 * Reads a line as bash does: blanks, both kinds of quotes, backslashes.
 * @param line up to the cursor, the program in front
 * @param breaks `$COMP_WORDBREAKS`: where bash begins what it completes anew, inside a word
 */
export function readBashLine(line: string, breaks: string): TypedWords {
  const words: string[] = [];
  let word: { text: string; kept: number } | null = null;
  let quote = '';
  for (const match of line.matchAll(PART)) {
    const [part, , singleEnd, , doubleEnd, , blank, plain] = match;
    if (blank !== undefined) {
      if (word !== null) words.push(word.text);
      word = null;
      continue;
    }
    word ??= { text: '', kept: 0 };
    const isOpen = singleEnd === '' || doubleEnd === '';
    if (isOpen) {
      quote = part.slice(0, 1);
      word.kept = word.text.length;
    }
    word.text += meaningOf(match);
    if (plain !== undefined && breaks.includes(plain)) word.kept = word.text.length;
  }
  return { words: words.slice(1), current: word?.text ?? '', kept: word?.kept ?? 0, quote };
}

function meaningOf([, single, , double, , escaped, , plain]: RegExpMatchArray): string {
  return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '';
}

/** What a word means that fish or zsh gives as it is typed: without quotes and backslashes. */
export function unquote(word: string): string {
  const { words, current } = readBashLine(`_ ${word}`, '');
  return [...words, current].join(' ');
}

/**
 * A candidate as bash puts it behind what it keeps.
 * @returns null where an open quote cannot hold it
 */
export function forBash(value: string, { kept, quote }: TypedWords): string | null {
  const rest = value.slice(kept);
  if (quote === '') return rest.replace(/[^\p{L}\p{N}_@%+=:,./-]/gu, '\\$&');
  return rest.includes(quote) || (quote === '"' && /[$`\\]/.test(rest)) ? null : rest;
}
