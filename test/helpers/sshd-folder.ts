import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type KeyPair, makeKeyPair, readKeyPair } from './keys.ts';
import { findProgram, type Program } from './require.ts';

/**
 * What reads command lines on the host: the account's login shell, or one of these, which then also is what `sh` means
 * in the PATH. With busybox every other program is busybox's too.
 */
export type HostShell = 'login' | 'dash' | 'bash' | 'busybox';

/** The files of one host, all in one folder. */
export interface SshdFolder {
  readonly path: string;
  readonly home: string;
  readonly log: string;
  readonly hostKey: KeyPair;
  readonly client: KeyPair;
  /** argv of the shell, or null for the login shell */
  readonly shell: readonly string[] | null;
  /** the PATH of its sessions */
  readonly searchPath: string;
}

export interface SshdFolderOptions {
  /** a host key to show, made anew if missing */
  readonly hostKeyFile?: string | undefined;
  /** the client's key to let in, made anew if missing */
  readonly identityFile?: string | undefined;
  readonly shell: HostShell;
}

export function makeSshdFolder(options: SshdFolderOptions): SshdFolder {
  const path = mkdtempSync(join(tmpdir(), 'sshd-'));
  const home = join(path, 'home');
  mkdirSync(home, { mode: 0o700 });
  const client = options.identityFile ? readKeyPair(options.identityFile) : makeKeyPair(join(path, 'id_ed25519'));
  writeFileSync(join(path, 'authorized_keys'), `${client.publicKey}\n`);
  const hostKey = makeHostKey(join(path, 'host_key'), options.hostKeyFile);
  return { path, home, log: join(path, 'log'), hostKey, client, ...makeShell(path, options.shell) };
}

function makeHostKey(file: string, from: string | undefined): KeyPair {
  if (from === undefined) return makeKeyPair(file);
  copyFileSync(from, file);
  copyFileSync(`${from}.pub`, `${file}.pub`);
  return readKeyPair(file);
}

function makeShell(path: string, shell: HostShell): Pick<SshdFolder, 'shell' | 'searchPath'> {
  const systemPath = process.env['PATH'] ?? '';
  if (shell === 'login') return { shell: null, searchPath: systemPath };
  const bin = join(path, 'bin');
  mkdirSync(bin);
  const program = pathOf(shell);
  if (shell === 'busybox') {
    execFileSync(program, ['--install', '-s', bin]);
    return { shell: [program, 'sh'], searchPath: bin };
  }
  symlinkSync(program, join(bin, 'sh'));
  return { shell: [program], searchPath: `${bin}:${systemPath}` };
}

/** @throws Error where the test did not ask for the program first */
export function pathOf(name: Program): string {
  const path = findProgram(name);
  if (path === null) throw new Error(`${name} is missing: ask requireProgram('${name}') first`);
  return path;
}
