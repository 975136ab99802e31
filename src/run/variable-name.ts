import { usageError } from '../model/errors.ts';

/** Set by the runner; nobody else may. */
const RESERVED = ['DEPLOY_FILES_DIR', 'SPOT_RUN_ID', 'SPOT_INSTANCE_ID'];

/**
 * Checks the name of a variable that a script is to be given.
 * @param where it was given, for the message
 * @throws SpotError `bad-env-name` or `reserved-env-name` (exit 64)
 */
export function checkVariableName(name: string, where: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    const message = `${where}: '${name}' cannot name a variable; letters, digits and _ can, and no digit in front`;
    throw usageError('bad-env-name', message);
  }
  if (RESERVED.includes(name)) {
    throw usageError('reserved-env-name', `${where}: ${name} is set by spot itself; choose another name`);
  }
  return name;
}
