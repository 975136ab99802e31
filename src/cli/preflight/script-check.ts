import { accessSync, constants } from 'node:fs';
import { checkScript } from '../../payload/checks/check-script.ts';
import type { Finding } from '../../payload/checks/finding.ts';
import { runShellcheck } from '../../payload/checks/shellcheck.ts';
import { checkSyntax } from '../../payload/checks/syntax.ts';
import type { Script } from '../../payload/script.ts';
import type { Io } from '../io.ts';
import { programsOf } from './run-program.ts';

/**
 * Checks a script, as far as this machine can. Never rejects, so that it may go on beside other work.
 * @param thorough with what takes a moment, and with notes
 */
export async function examineScript(script: Script, thorough: boolean, io: Io): Promise<Finding[]> {
  const run = programsOf(io);
  const seen = checkScript(script);
  const syntax = await checkSyntax(script, run, io.cwd, thorough);
  const isReadable = !syntax.some(({ code }) => code === 'syntax');
  const more = thorough && isReadable ? await runShellcheck(script, run, io.cwd) : [];
  return [...seen, ...(thorough ? lookForInterpreter(script) : []), ...syntax, ...more];
}

/** It has to be on the instances, and need not be here. */
function lookForInterpreter({ path, interpreter: [program = ''] }: Script): Finding[] {
  if (!program.startsWith('/')) return [];
  try {
    accessSync(program, constants.X_OK);
    return [];
  } catch {
    const message = `this machine has no ${program}; whether the instances have it is not known before they are asked`;
    return [{ level: 'note', code: 'interpreter-not-here', message, path, line: 1 }];
  }
}
