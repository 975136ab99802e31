import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, unreadable } from './file-errors.ts';

export const IGNORE_FILE = '.spotignore';

/** Says whether an entry stays at home. @param path relative to the files folder */
export type IgnoreRule = (path: string, isFolder: boolean) => boolean;

/**
 * Reads the patterns of `<root>/.spotignore`: those of gitignore(5), upper and lower case told apart.
 * @returns a rule that leaves nothing out where there is no such file
 * @throws SpotError (exit 66) `files-unreadable`
 */
export async function readIgnoreRules(root: string): Promise<IgnoreRule> {
  const text = await readIgnoreFile(join(root, IGNORE_FILE));
  if (text === null) return () => false;
  // Loaded only here: most folders have no .spotignore.
  const { ignoreMatcher } = await import('./ignore-matcher.ts');
  return ignoreMatcher(text);
}

async function readIgnoreFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw unreadable(path, error, 'make it a readable file, or remove it');
  }
}
