import { resolve } from 'node:path';
import { programOf } from '../interpreter.ts';
import type { Script } from '../script.ts';
import type { Finding } from './finding.ts';
import type { RunProgram } from './program.ts';

/** It takes a second for a thousand lines, ms. */
const TIMEOUT_MS = 20_000;

/** The dialects that ShellCheck knows. */
const DIALECTS = ['bash', 'sh', 'dash', 'ksh'];

/** What ShellCheck warns of, where this machine has it. */
export async function runShellcheck(script: Script, run: RunProgram, cwd: string): Promise<Finding[]> {
  const dialect = programOf(script.interpreter);
  if (!DIALECTS.includes(dialect)) return [];
  const argv = ['shellcheck', '--format=json1', '--severity=warning', `--shell=${dialect}`, resolve(cwd, script.path)];
  const end = await run(argv, { timeoutMs: TIMEOUT_MS });
  if (end === 'missing') return [note('shellcheck-missing', 'shellcheck is not installed here, and would say more')];
  if (end === 'too-slow') return [note('shellcheck-slow', 'shellcheck took too long')];
  return commentsIn(end.stdout).map(({ line, code, message }) => ({
    level: 'warning',
    code: `shellcheck-${code}`,
    message: `${message} (SC${code})`,
    path: script.path,
    line,
  }));
}

function note(code: string, message: string): Finding {
  return { level: 'note', code, message, path: null, line: null };
}

interface Comment {
  readonly line: number;
  readonly code: number;
  readonly message: string;
}

function commentsIn(stdout: string): Comment[] {
  try {
    const { comments } = JSON.parse(stdout) as { comments?: unknown };
    return Array.isArray(comments) ? comments.filter(isComment) : [];
  } catch {
    return [];
  }
}

function isComment(value: unknown): value is Comment {
  const { line, code, message } = value as Partial<Comment>;
  return typeof line === 'number' && typeof code === 'number' && typeof message === 'string';
}
