import process from 'node:process';
import { findProgram, isCi, PROGRAM_PACKAGES, type Program } from './require.ts';

/**
 * Says once, before the first test, what this machine lacks.
 * @throws Error in CI, where nothing may be skipped
 */
export default function setup(): void {
  const missing = (Object.keys(PROGRAM_PACKAGES) as Program[]).filter((name) => findProgram(name) === null);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => PROGRAM_PACKAGES[name]))].join(' ');
  const line = `${missing.join(', ')} MISSING: the tests that need them are skipped. On Debian: apt-get install ${packages}`;
  if (isCi()) throw new Error(line);
  process.stderr.write(`\n!! ${line}\n`);
}
