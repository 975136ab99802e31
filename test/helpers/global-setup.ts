import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findProgram, isCi, PROGRAM_PACKAGES, type Program } from './require.ts';

/** The variable that names a folder of all test files of this run. */
export const SHARED_FOLDER = 'TEST_SHARED_FOLDER';

/**
 * Says once, before the first test, what this machine lacks, and makes the shared folder.
 * @throws Error in CI, where nothing may be skipped
 */
export default function setup(): () => void {
  sayWhatIsMissing();
  const folder = mkdtempSync(join(tmpdir(), 'spot-tests-'));
  process.env[SHARED_FOLDER] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

function sayWhatIsMissing(): void {
  const missing = (Object.keys(PROGRAM_PACKAGES) as Program[]).filter((name) => findProgram(name) === null);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => PROGRAM_PACKAGES[name]))].join(' ');
  const line = `${missing.join(', ')} MISSING: the tests that need them are skipped. On Debian: apt-get install ${packages}`;
  if (isCi()) throw new Error(line);
  process.stderr.write(`\n!! ${line}\n`);
}
