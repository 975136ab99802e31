import ignore from 'ignore';
import type { IgnoreRule } from './ignore-rules.ts';

/** A rule made of gitignore(5) patterns. The only importer of the package, loaded when there are patterns at all. */
export function ignoreMatcher(patterns: string): IgnoreRule {
  const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add(patterns);
  return (path, isFolder) => rules.ignores(isFolder ? `${path}/` : path);
}
