import Driver from 'better-sqlite3';
import { explainDriverError } from '../state-error.ts';

/**
 * Reads the version of a state file and has SQLite look for damage.
 * @throws SpotError where it is none, or cannot be read
 */
export function inspectFile(path: string): { readonly version: number; readonly damages: readonly string[] } {
  try {
    const driver = new Driver(path, { readonly: true, fileMustExist: true });
    try {
      const version = Number(driver.pragma('user_version', { simple: true }));
      const rows = driver.pragma('quick_check(5)') as { readonly quick_check: string }[];
      return { version, damages: rows.map(({ quick_check: words }) => words).filter((words) => words !== 'ok') };
    } finally {
      driver.close();
    }
  } catch (error) {
    throw explainDriverError(path, error);
  }
}
