import { shellQuote } from '../../util/shell-quote.ts';
import { programOf } from '../interpreter.ts';
import type { Script } from '../script.ts';
import { scriptFlaws } from '../script-warnings.ts';
import type { Finding } from './finding.ts';
import { findSecret } from './secret-words.ts';

/** What can be said about a script by looking at it. */
export function checkScript(script: Script): Finding[] {
  const text = script.bytes.toString('utf8');
  const { path } = script;
  return [
    ...scriptFlaws(path, text, script.interpreter).map(({ code, message }): Finding => ({
      level: 'warning',
      code,
      message,
      path,
      line: null,
    })),
    ...checkFirstLine(path, text),
    ...checkInterpreter(script),
    ...checkSecret(script),
  ];
}

/** Only the very first bytes of a script name its interpreter. */
function checkFirstLine(path: string, text: string): Finding[] {
  if (/^\uFEFF?#!/.test(text)) return [];
  const [line = ''] = /^\s+#!.*/.exec(text) ?? [];
  if (line !== '') {
    const message = `blanks stand before ${line.trim()}, so that it is no interpreter line and bash is taken; remove them`;
    return [{ level: 'warning', code: 'interpreter-line-indented', message, path, line: 1 }];
  }
  const message = 'the first line names no interpreter, so that bash is taken; write one, such as #!/usr/bin/env bash';
  return [{ level: 'note', code: 'interpreter-line-missing', message, path, line: 1 }];
}

function checkInterpreter({ path, interpreter }: Script): Finding[] {
  const [program = '', argument = ''] = interpreter;
  const found = (level: Finding['level'], code: string, message: string): Finding[] => [
    { level, code, message, path, line: 1 },
  ];
  if (program.includes('/') && !program.startsWith('/')) {
    const message = `the interpreter ${program} is looked for from wherever the script is started; write it with its whole path`;
    return found('warning', 'interpreter-relative', message);
  }
  if (!/(^|\/)env$/.test(program)) return [];
  if (programOf(interpreter) === '') {
    return found(
      'warning',
      'interpreter-missing',
      `${interpreter.join(' ')} names no program to run the script with; add one, such as bash`,
    );
  }
  if (!/\s/.test(argument) || argument.startsWith('-')) return [];
  const message = `Linux gives env all of ${shellQuote(argument)} as the name of one program; split it with: #!${program} -S ${argument}`;
  return found('error', 'interpreter-words', message);
}

function checkSecret({ path, bytes }: Script): Finding[] {
  const secret = findSecret(bytes);
  if (secret === null) return [];
  const message = `this looks like ${secret.what}; give it at run time instead, with: --env NAME`;
  return [{ level: 'warning', code: 'secret-in-script', message, path, line: secret.line }];
}
