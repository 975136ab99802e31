import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** Debian keeps sshd out of the PATH of ordinary users. */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', ...postgresFolders()];

/** Programs of the tests that not every machine has, and the Debian package each comes in. */
export const PROGRAM_PACKAGES = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  sftp: 'openssh-client',
  bash: 'bash',
  dash: 'dash',
  busybox: 'busybox-static',
  shellcheck: 'shellcheck',
  sqlite3: 'sqlite3',
  script: 'bsdutils',
  python3: 'python3',
  curl: 'curl',
  wget: 'wget',
  postgres: 'postgresql',
  psql: 'postgresql-client',
  sudo: 'sudo',
  chromium: 'chromium',
  zsh: 'zsh',
  fish: 'fish',
  man: 'man-db',
  groff: 'groff-base',
} as const;

export type Program = keyof typeof PROGRAM_PACKAGES;

/**
 * Finds a program that a test cannot do without. The global setup has said aloud which ones are missing, so use it as
 * `describe.skipIf(requireProgram('sshd') === null)`.
 * @returns its absolute path, or null where the tests are to be skipped
 * @throws Error where it is missing in CI, or the machine is no Linux (the helpers read /proc)
 */
export function requireProgram(name: Program): string | null {
  const path = findProgram(name);
  if (path === null && isCi()) {
    throw new Error(`${name} is missing, and CI skips nothing: apt-get install ${PROGRAM_PACKAGES[name]}`);
  }
  return path;
}

/** @returns the absolute path of a program, or null; on anything but Linux sshd counts as missing: its helper reads /proc */
export function findProgram(name: Program): string | null {
  if (name === 'sshd' && process.platform !== 'linux') return null;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

export function isCi(): boolean {
  return (process.env['CI'] ?? '') !== '';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Debian keeps each version of PostgreSQL in a folder of its own and none in the PATH; the newest first. */
function postgresFolders(): string[] {
  const folder = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(folder, version, 'bin'));
  } catch {
    return [];
  }
}
