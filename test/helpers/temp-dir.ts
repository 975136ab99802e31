import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * Makes a folder that is removed when the test is over, after everything that the test registered later on.
 * @returns its absolute path, free of links
 */
export function tempDir(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'spot-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
