import { usageError } from '../model/errors.ts';
import { quoteText } from './quote-text.ts';

const MAX_LENGTH = 100;
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}._-]*$/u;

/** @throws SpotError (exit 64) where it would not survive a command line such as `spot upload-script name@3` */
export function checkPayloadName(name: string): string {
  if (NAME.test(name) && name.length <= MAX_LENGTH) return name;
  const message = `${quoteText(name)} cannot name a payload; use up to ${MAX_LENGTH} letters, digits, dots, dashes and _, and begin with a letter or digit`;
  throw usageError('bad-payload-name', message);
}

/** What a payload made from a script alone is called: as the script's file, without what a name cannot hold. */
export function payloadNameOf(scriptName: string): string {
  const name = scriptName
    .replace(/[^\p{L}\p{N}\p{M}._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}_]+/u, '')
    .slice(0, MAX_LENGTH);
  return NAME.test(name) ? name : 'script';
}

/** `deploy@3`, and null for the version where `deploy` stands alone. */
export interface Reference {
  readonly name: string;
  readonly version: number | null;
}

/** @returns null for a word that can be no reference, such as a path */
export function parseReference(word: string): Reference | null {
  const [, name = '', version] = /^([^@]*)(?:@([1-9]\d{0,8}))?$/u.exec(word) ?? [];
  if (!NAME.test(name)) return null;
  return { name, version: version === undefined ? null : Number(version) };
}

/** The other way round. */
export function formatReference({ name, version }: { readonly name: string; readonly version: number }): string {
  return `${name}@${version}`;
}
