import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The files that an absolute pattern with `*`, `?` and `[…]` stands for, sorted; none is no error (glob(3)).
 * Node 20 has no glob of its own.
 */
export async function globPaths(pattern: string): Promise<string[]> {
  let paths = ['/'];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    paths = (await Promise.all(paths.map((folder) => expandPart(folder, part)))).flat();
  }
  return filesOnly(paths);
}

async function expandPart(folder: string, part: string): Promise<string[]> {
  if (!/[*?[]/.test(part)) return [join(folder, part)];
  const expression = expressionOf(part);
  // a pattern that leads into something which is not a readable folder matches nothing
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => expression.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** A leading dot has to be written out, as in the shell; a range that runs backwards (`[z-a]`) matches nothing. */
function expressionOf(part: string): RegExp {
  const body = part.replace(/\*|\?|\[(!?)([^\]]+)\]|[\\^$.|+(){}[\]]/g, (token, negation: string, set?: string) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    return set === undefined ? `\\${token}` : `[${negation === '!' ? '^' : ''}${set.replace(/[\\^[]/g, '\\$&')}]`;
  });
  try {
    return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${body}$`, 's');
  } catch {
    return /(?!)/;
  }
}

async function filesOnly(paths: readonly string[]): Promise<string[]> {
  const isFile = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (info) => !info.isDirectory(),
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => isFile[index]);
}
