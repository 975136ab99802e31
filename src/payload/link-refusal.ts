import { readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { codeOf } from './file-errors.ts';
import { nameRefusal } from './name-refusal.ts';

/** As many links in a row as Linux follows (MAXSYMLINKS in include/linux/namei.h). */
const MAX_LINKS = 40;

type LinkAt = (path: string) => Promise<string | null>;

/**
 * Why a link cannot be sent, or null. It has to stay inside the folder twice: in its words, and when it is followed
 * through the other links of the folder. What it leads to need not exist.
 * @param path of the link, relative to `root`
 */
export async function linkRefusal(root: string, path: string, target: string): Promise<string | null> {
  return linkRefusalAmong((inner) => linkTarget(join(root, inner)), path, target);
}

/** The same for links that are on no disk. @param linkAt what the link at a path says, or null where there is none */
export async function linkRefusalAmong(linkAt: LinkAt, path: string, target: string): Promise<string | null> {
  if (nameRefusal(target) !== null) return 'a link whose target is not plain text';
  if (posix.isAbsolute(target)) return `a link to ${target}, which is absolute`;
  const outside = `a link to ${target}, which leads outside the folder`;
  if (!staysInWords(path, target)) return outside;
  const folder = posix.dirname(path);
  switch (await follow(linkAt, folder === '.' ? [] : folder.split('/'), target)) {
    case 'inside':
      return null;
    case 'outside':
      return outside;
    case 'endless':
      return `a link to ${target}, which leads round in a circle`;
  }
}

/** Whether a link stays inside the folder by its words alone. @param path of the link, relative to the folder */
export function staysInWords(path: string, target: string): boolean {
  const resolved = posix.join(posix.dirname(path), target);
  return !posix.isAbsolute(target) && resolved !== '..' && !resolved.startsWith('../');
}

/**
 * Follows a link part by part, as the kernel does, and watches that no step stands above the root. Resolving with
 * `realpath` would not do: it says nothing about a link whose end is missing here and present on the instance.
 * @param folder parts of the folder that holds the link; a real folder, as the scan enters no links
 */
async function follow(
  linkAt: LinkAt,
  folder: readonly string[],
  target: string,
): Promise<'inside' | 'outside' | 'endless'> {
  const here = [...folder];
  const ahead = target.split('/');
  let links = 1;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (here.pop() === undefined) return 'outside';
      continue;
    }
    const next = await linkAt([...here, part].join('/'));
    if (next === null) {
      here.push(part);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return 'endless';
    if (posix.isAbsolute(next)) return 'outside';
    ahead.unshift(...next.split('/'));
  }
  return 'inside';
}

/** What a link says, or null where there is no link. */
async function linkTarget(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    if (['EINVAL', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error) ?? '')) return null;
    throw error;
  }
}
