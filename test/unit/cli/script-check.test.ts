import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { examineScript } from '../../../src/cli/preflight/script-check.ts';
import type { Io } from '../../../src/cli/io.ts';
import { readScript } from '../../../src/payload/script.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { findProgram, requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

leakCheck();

interface Given {
  readonly thorough?: boolean;
  /** instead of that of the tests */
  readonly path?: string;
}

/** `level code line: message` of all that is found by the programs of this machine. */
async function examined(text: string, { thorough = false, path }: Given = {}): Promise<string[]> {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'a.sh'), text);
  const io = { env: { PATH: path ?? process.env['PATH'] }, home: cwd, cwd } as unknown as Io;
  const script = await readScript(join(cwd, 'a.sh'), { maxBytes: 100_000 });
  const findings = await examineScript(script, thorough, io);
  return findings.map(({ level, code, line, message }) => `${level} ${code} ${line}: ${message}`);
}

/** A PATH with nothing on it but these. */
function pathWith(...programs: readonly ('bash' | 'dash')[]): string {
  const folder = join(tempDir(), 'bin');
  mkdirSync(folder);
  for (const program of programs) symlinkSync(findProgram(program) as string, join(folder, program));
  return folder;
}

describe.skipIf(requireProgram('bash') === null || requireProgram('dash') === null)('the syntax of a script', () => {
  test.each([
    ['is right', '#!/bin/bash\nif true; then a=(1 2); fi\n', []],
    [
      'lacks an end',
      '#!/bin/bash\nif true; then\necho\n',
      ['error syntax 4: syntax error: unexpected end of file (bash -n)'],
    ],
    [
      'has an end too many',
      '#!/usr/bin/env bash\necho\nfi\n',
      ["error syntax 3: syntax error near unexpected token `fi' (bash -n)"],
    ],
    [
      'lacks an end, and ends in exit',
      '#!/bin/bash\nif true; then\nexit 0\n',
      [expect.stringContaining('error syntax 4: ')],
    ],
    [
      'lacks a quote',
      "#!/bin/bash\necho 'a\n",
      [expect.stringContaining('error syntax 2: unexpected EOF while looking')],
    ],
    ['is wrong in dash', '#!/bin/dash\na=(1 2)\n', ['error syntax 2: Syntax error: "(" unexpected (dash -n)']],
    ['is right up to the data behind its exit', "#!/bin/bash\necho\nexit 0\nit's data ((\n", []],
    ['needs patterns that it turns on itself', '#!/bin/bash\nshopt -s extglob\nrm -f !(a|b)\n', []],
    ['is that of a language nobody checks', '#!/usr/bin/perl\nif {\n', []],
  ])('that %s', async (_what, text, findings) => {
    expect(await examined(text)).toEqual(findings);
  });

  test('runs nothing of it', async () => {
    const witness = join(tempDir(), 'witness');
    await examined(`#!/bin/bash\ntouch ${witness}\n`, { thorough: true });
    await examined(`#!/usr/bin/env python3\nopen('${witness}', 'w')\n`, { thorough: true });
    expect(existsSync(witness)).toBe(false);
  });

  test('that only bash understands is no error where sh is another shell', async () => {
    const folder = pathWith('bash', 'dash');
    symlinkSync(join(folder, 'dash'), join(folder, 'sh'));
    expect(await examined('#!/bin/sh\na=(1 2)\n', { path: folder })).toEqual([
      'warning syntax 2: Syntax error: "(" unexpected (sh -n); bash takes it: begin with #!/bin/bash',
    ]);
    expect(await examined('#!/bin/sh\nfi\n', { path: folder })).toEqual([
      'error syntax 2: Syntax error: "fi" unexpected (sh -n)',
    ]);
  });

  test('is not checked without the interpreter, and with --dry-run that is said', async () => {
    const path = pathWith();
    const text = '#!/opt/none/bash\nfi\n';
    expect(await examined(text, { path })).toEqual([]);
    expect(await examined(text, { path, thorough: true })).toEqual([
      'note interpreter-not-here 1: this machine has no /opt/none/bash; whether the instances have it is not known before they are asked',
      'note syntax-unchecked null: its syntax was not checked: this machine has no bash',
      'note shellcheck-missing null: shellcheck is not installed here, and would say more',
    ]);
  });

  test('is given up where the program hangs', async () => {
    const folder = join(tempDir(), 'bin');
    mkdirSync(folder);
    writeFileSync(join(folder, 'bash'), '#!/bin/sh\nexec /bin/sleep 60\n');
    chmodSync(join(folder, 'bash'), 0o755);
    const findings = await examined('#!/bin/bash\ntrue\n', { path: folder, thorough: true });
    expect(findings[0]).toBe('note syntax-unchecked null: its syntax was not checked: bash took too long');
  });
});

describe.skipIf(requireProgram('python3') === null)('the syntax of a script in Python', () => {
  test('is checked with --dry-run', async () => {
    const text = '#!/usr/bin/env python3\nif True\n  pass\n';
    expect(await examined(text, { thorough: true })).toEqual([
      expect.stringMatching(/^warning syntax 2: .* \(python3 of this machine\)$/),
    ]);
    expect(await examined(text)).toEqual([]);
  });
});

describe.skipIf(requireProgram('shellcheck') === null)('shellcheck', () => {
  test('says what it warns of with --dry-run, in the dialect of the script', async () => {
    const text = '#!/bin/sh\ncd "$1"\na=(1)\n';
    const findings = await examined(text.replace('a=(1)\n', 'local b=1\necho "$b"\n'), { thorough: true });
    expect(findings).toContain(
      "warning shellcheck-2164 2: Use 'cd ... || exit' or 'cd ... || return' in case cd fails. (SC2164)",
    );
    expect(await examined(text.replace('a=(1)\n', ''), {})).toEqual([]);
  });
});
