import { basename, posix } from 'node:path';
import type { PayloadFile } from '../../model/payload.ts';
import { shellQuote } from '../../util/shell-quote.ts';
import type { FileEntry, LinkEntry } from '../entries.ts';
import type { Finding } from './finding.ts';
import { namesSecret } from './secret-words.ts';

/** Left behind by file managers: nobody means to send it. */
const LEFTOVERS = [
  { system: 'macOS', pattern: /(^|\/)(\._[^/]*|\.DS_Store|__MACOSX(\/.*)?)$/ },
  { system: 'Windows', pattern: /(^|\/)(Thumbs\.db|desktop\.ini)$/i },
] as const;

/**
 * What can be said about the files of a payload by their names, modes and links.
 * @param shown a path as a user would write it
 */
export function checkFiles(files: readonly PayloadFile[], shown: (path: string) => string): Finding[] {
  return [...checkLeftovers(files, shown), ...checkLinks(files, shown), ...checkNames(files, shown)];
}

/** The same, and what their contents say, which goes before what their names do. */
export function filesFindings(
  files: readonly PayloadFile[],
  ofContents: readonly Finding[],
  shown: (path: string) => string,
): Finding[] {
  const secrets = new Set(ofContents.flatMap(({ code, path }) => (code === 'secret-readable' ? [path] : [])));
  const ofNames = checkFiles(files, shown).filter(({ code, path }) => code !== 'secret-readable' || !secrets.has(path));
  return [...ofContents, ...ofNames];
}

function checkLeftovers(files: readonly PayloadFile[], shown: (path: string) => string): Finding[] {
  return files.flatMap(({ type, path }): Finding[] => {
    const system = LEFTOVERS.find(({ pattern }) => pattern.test(path))?.system;
    if (system === undefined || type === 'directory') return [];
    const message = `left behind by ${system}, and sent all the same; remove it, or name it in .spotignore`;
    return [{ level: 'warning', code: 'leftover', message, path: shown(path), line: null }];
  });
}

function checkLinks(files: readonly PayloadFile[], shown: (path: string) => string): Finding[] {
  const links = files.filter((file): file is LinkEntry => file.type === 'link');
  const paths = new Set(files.map(({ path }) => path));
  const isLink = new Set(links.map(({ path }) => path));
  return links.map(({ path, target }): Finding => {
    const end = posix.join(posix.dirname(path), target).replace(/\/$/, '');
    // what lies behind another link has its path somewhere else
    const isThere = end === '.' || paths.has(end) || foldersOf(end).some((folder) => isLink.has(folder));
    const about = { path: shown(path), line: null };
    if (isThere) return { level: 'note', code: 'link', message: `a link to ${target}`, ...about };
    const message = `a link to ${target}, which does not go along; it will lead nowhere over there`;
    return { level: 'warning', code: 'link-dangling', message, ...about };
  });
}

/** `a/b/c` is in `a` and `a/b`. */
function foldersOf(path: string): string[] {
  return path
    .split('/')
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join('/'));
}

function checkNames(files: readonly PayloadFile[], shown: (path: string) => string): Finding[] {
  return files
    .filter((file): file is FileEntry => file.type === 'file' && isOpen(file.mode) && namesSecret(basename(file.path)))
    .map(({ path, mode }) => secretFile(shown(path), mode, 'a secret, by its name', null));
}

/** Whether others than its owner may read it. */
export function isOpen(mode: number): boolean {
  return (mode & 0o044) !== 0;
}

/** @param path as a user would write it */
export function secretFile(path: string, mode: number, what: string, line: number | null): Finding {
  const octal = mode.toString(8).padStart(4, '0');
  const message = `this looks like ${what}, and others may read it (mode ${octal}); close it with: chmod 600 ${shellQuote(path)}`;
  return { level: 'warning', code: 'secret-readable', message, path, line };
}
