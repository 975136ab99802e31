import type { ScannedFile } from '../entries.ts';
import { isOpen, secretFile } from './check-files.ts';
import type { Finding } from './finding.ts';
import { findSecret } from './secret-words.ts';

/** Files that are run, by their names; others are if they begin with `#!`. */
const SCRIPT_NAME = /\.(sh|bash|zsh|ksh|py|rb|pl)$/;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF', 'utf8');

/** Told the content of a file as it is packed. */
export type Inspect = (file: ScannedFile, content: Buffer) => void;

/** Looks at the contents of files while they are in memory anyway; larger ones are no keys, and are not looked at. */
export class ContentCheck {
  readonly #shown: (path: string) => string;
  readonly #findings: Finding[] = [];

  /** @param shown a path as a user would write it */
  constructor(shown: (path: string) => string) {
    this.#shown = shown;
  }

  /** in the order of their paths */
  get findings(): readonly Finding[] {
    return [...this.#findings].sort((a, b) => ((a.path ?? '') < (b.path ?? '') ? -1 : 1));
  }

  readonly inspect: Inspect = (file, content) => {
    this.#checkSecret(file, content);
    if (SCRIPT_NAME.test(file.path) || content.subarray(0, 5).includes('#!')) this.#checkScript(file, content);
  };

  #checkSecret({ path, mode }: ScannedFile, content: Buffer): void {
    const secret = isOpen(mode) ? findSecret(content) : null;
    if (secret !== null) this.#findings.push(secretFile(this.#shown(path), mode, secret.what, secret.line));
  }

  #checkScript({ path }: ScannedFile, content: Buffer): void {
    const about = { level: 'warning', path: this.#shown(path), line: 1 } as const;
    if (content.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) {
      this.#findings.push({ ...about, code: 'byte-order-mark', message: 'begins with a byte order mark' });
    }
    const at = content.indexOf('\r\n');
    if (at === -1 || content.includes(0)) return;
    const line = content.subarray(0, at).toString('latin1').split('\n').length;
    this.#findings.push({ ...about, line, code: 'crlf', message: 'has lines that end in CRLF' });
  }
}
