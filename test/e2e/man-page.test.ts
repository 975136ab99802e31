import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { ROOT } from './markdown.ts';

leakCheck();

const PAGE = join(ROOT, 'man/spot.1');

describe('the man page', () => {
  test('is what the commands make of it now; write it with: npm run man', () => {
    const script = join(ROOT, 'scripts/man-page.js');
    const made = execFileSync(process.execPath, [script, '--stdout'], { encoding: 'utf8', maxBuffer: 1e7 });
    expect(readFileSync(PAGE, 'utf8')).toBe(made);
  });

  test('has every section, and no line that roff would take for a request', () => {
    const lines = readFileSync(PAGE, 'utf8').split('\n');
    const sections = lines.filter((line) => line.startsWith('.SH ')).map((line) => line.slice(4));
    expect(sections).toEqual(
      'NAME,SYNOPSIS,DESCRIPTION,GLOBAL OPTIONS,COMMANDS,CONFIGURATION,ENVIRONMENT,FILES,EXIT STATUS,EXAMPLES'.split(
        ',',
      ),
    );
    const requests = new Set(lines.filter((line) => /^[.']/.test(line)).map((line) => line.split(' ')[0]));
    const known = ['.\\"', '.TH', '.SH', '.SS', '.TP', '.PP', '.B', '.I', '.IR', '.br', '.nf', '.fi'];
    expect([...requests].filter((request) => !known.includes(request ?? ''))).toEqual([]);
  });

  test.skipIf(requireProgram('groff') === null)('is set without a warning by groff', () => {
    const { stdout, stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww', PAGE], { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout.length).toBeGreaterThan(20_000);
  });

  test.skipIf(requireProgram('man') === null)('is shown without a warning by man', () => {
    const env = { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' };
    const { stdout, stderr, status } = spawnSync('man', ['--warnings', '-l', PAGE], { encoding: 'utf8', env });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain('spot upload-script [options] [script] [args...]');
  });
});
