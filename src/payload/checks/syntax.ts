import { resolve } from 'node:path';
import { programOf } from '../interpreter.ts';
import type { Script } from '../script.ts';
import type { Finding } from './finding.ts';
import type { RunProgram } from './program.ts';

/** A syntax check that takes longer is given up, ms. */
const SYNTAX_TIMEOUT_MS = 3000;

const SHELLS = ['bash', 'sh', 'dash', 'zsh', 'ksh'];

/** Ends of a script in front of data that belongs to it; no more of them are looked at. */
const MAX_EXITS = 20;

/** The word of CPython, without files of byte code. */
const PYTHON = `import sys
try: compile(sys.stdin.buffer.read(), 'script', 'exec')
except SyntaxError as e: sys.exit('line %s: %s' % (e.lineno, e.msg))
except ValueError as e: sys.exit(str(e))`;

interface Complaint {
  readonly line: number | null;
  readonly words: string;
}

/**
 * Has the script's own interpreter read it, where this machine has that, and run nothing of it.
 * @param thorough with interpreters that take a while to start, and with notes on what could not be checked
 */
export async function checkSyntax(script: Script, run: RunProgram, cwd: string, thorough: boolean): Promise<Finding[]> {
  const program = programOf(script.interpreter);
  if (SHELLS.includes(program)) return checkShell(script, program, run, cwd, thorough);
  if (thorough && /^(python|pypy)[\d.]*$/.test(program)) return checkPython(script, program, run);
  return [];
}

async function checkShell(
  script: Script,
  program: string,
  run: RunProgram,
  cwd: string,
  thorough: boolean,
): Promise<Finding[]> {
  const complaint = await complaintOf(script, program, run, cwd);
  if (complaint === null) return [];
  if (complaint === 'missing' || complaint === 'too-slow') {
    return thorough ? [unchecked(script.path, program, complaint)] : [];
  }
  if (await endsBefore(script, program, run)) return [];
  const isSure = program !== 'sh' || (await complaintOf(script, 'bash', run, cwd)) !== null;
  const said = `${complaint.words} (${program} -n)`;
  const [level, message] = isSure
    ? (['error', said] as const)
    : (['warning', `${said}; bash takes it: begin with #!/bin/bash`] as const);
  return [{ level, code: 'syntax', message, path: script.path, line: complaint.line }];
}

async function complaintOf(
  { path, bytes }: Script,
  program: string,
  run: RunProgram,
  cwd: string,
): Promise<Complaint | 'missing' | 'too-slow' | null> {
  const end = await run([program, ...optionsFor(program, bytes), resolve(cwd, path)], { timeoutMs: SYNTAX_TIMEOUT_MS });
  if (typeof end === 'string') return end;
  return end.code === 0 ? null : readComplaint(end.stderr);
}

/** Whether it would be turned on is not known without running it; what needs it cannot be read without. */
function optionsFor(program: string, bytes: Buffer | string): string[] {
  return program === 'bash' && bytes.includes('extglob') ? ['-O', 'extglob', '-n'] : ['-n'];
}

/** `bash: line 3: …`, `sh: 3: …`, `zsh:3: …`. */
function readComplaint(stderr: string): Complaint {
  const [first = ''] = stderr.split('\n');
  const [, line, words] = /:\s*(?:line )?(\d+):\s*(.*)$/.exec(first) ?? [];
  return line === undefined
    ? { line: null, words: first.trim() || 'a syntax error' }
    : { line: Number(line), words: words ?? '' };
}

/**
 * Whether the script ends by itself in front of what cannot be read: data that it takes from its own file. A part that ends
 * in `exit` and is whole is such a script.
 */
async function endsBefore({ bytes }: Script, program: string, run: RunProgram): Promise<boolean> {
  const text = bytes.toString('utf8');
  const exits = [...text.matchAll(/^(?:exit|exec)\b.*$/gm)].slice(0, MAX_EXITS);
  for (const { index, 0: line } of exits) {
    const end = index + line.length + 1;
    if (end >= text.length) continue;
    const part = text.slice(0, end);
    const ended = await run([program, ...optionsFor(program, part)], { timeoutMs: SYNTAX_TIMEOUT_MS, input: part });
    if (typeof ended !== 'string' && ended.code === 0) return true;
  }
  return false;
}

/** Another version may run there, and take what this one does not. */
async function checkPython({ path, bytes }: Script, program: string, run: RunProgram): Promise<Finding[]> {
  const argv = [program, '-I', '-S', '-B', '-c', PYTHON];
  const end = await run(argv, { timeoutMs: SYNTAX_TIMEOUT_MS, input: bytes.toString('utf8') });
  if (typeof end === 'string') return [unchecked(path, program, end)];
  if (end.code === 0) return [];
  const [, line, words = end.stderr.trim()] = /^line (\d+): (.*)/.exec(end.stderr) ?? [];
  const message = `${words} (${program} of this machine)`;
  return [{ level: 'warning', code: 'syntax', message, path, line: line === undefined ? null : Number(line) }];
}

function unchecked(path: string, program: string, why: 'missing' | 'too-slow'): Finding {
  const reason = why === 'missing' ? `this machine has no ${program}` : `${program} took too long`;
  return {
    level: 'note',
    code: 'syntax-unchecked',
    message: `its syntax was not checked: ${reason}`,
    path,
    line: null,
  };
}
