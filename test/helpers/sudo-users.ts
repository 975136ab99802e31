import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll } from 'vitest';
import { HOST_MARK } from './sshd-host.ts';
import { LEAK_MARK } from './leak-mark.ts';
import { killAll, type ProcessInfo, processesOf } from './processes.ts';
import { isCi, requireProgram } from './require.ts';

/** Lines of sudoers about the one who logs in; `{login}` and `{target}` stand for the names. */
export type Rules = readonly string[];

/** Without a password, as root and as the other one. */
export const NO_PASSWORD: Rules = ['{login} ALL=(ALL:ALL) NOPASSWD: ALL'];
export const WITH_PASSWORD: Rules = ['{login} ALL=(ALL:ALL) ALL'];

/** Two accounts of this machine, made for one test file: who logs in, and another one. */
export interface SudoUsers {
  /** nothing can be done here: not root, or no sudo; the reason has been said aloud */
  readonly areMissing: boolean;
  readonly login: string;
  readonly target: string;
  /** of `login` */
  readonly password: string;
  /** home of `login` */
  readonly home: string;
  uid(user: string): number;
  /** replaces what sudo is told about `login` */
  allow(rules: Rules): void;
  /** what runs as one of the two, besides what is named */
  processes(user: string): ProcessInfo[];
}

const PASSWORD = 'correct-horse-9';
/** Accounts are made under a lock, which the tests of another file may hold, ms. */
const LOCKED_TRIES = 50;

/** Makes the accounts before the tests of a file, and removes them and what they left after them. */
export function useSudoUsers(): SudoUsers {
  const areMissing = requireProgram('sudo') === null || !mayMakeUsers();
  const login = `spot-test-a${process.pid}`;
  const target = `spot-test-b${process.pid}`;
  const sudoers = `/etc/sudoers.d/spot-test-${process.pid}`;
  const removeAll = (): void => {
    rmSync(sudoers, { force: true });
    for (const user of [login, target]) if (isUser(user)) account('userdel', ['--force', '--remove', user]);
  };
  if (!areMissing) {
    beforeAll(() => {
      process.once('exit', removeAll);
      for (const user of [login, target]) account('useradd', ['--create-home', '--shell', '/bin/sh', user]);
      execFileSync('chpasswd', { input: `${login}:${PASSWORD}\n` });
    }, 30_000);
    afterAll(async () => {
      await killAll(() => [login, target].flatMap((user) => processesOf(uidOf(user))));
      removeAll();
      process.off('exit', removeAll);
    });
  }
  return {
    areMissing,
    login,
    target,
    password: PASSWORD,
    home: `/home/${login}`,
    uid: uidOf,
    allow: (rules) => writeRules(sudoers, rules, { login, target }),
    processes: (user) => processesOf(uidOf(user)),
  };
}

/** sudo forgets the marks by which leaks are found unless it is told not to; `#includedir` skips names with a dot. */
function writeRules(file: string, rules: Rules, names: { readonly login: string; readonly target: string }): void {
  const lines = [
    `Defaults:{login} env_keep += "${LEAK_MARK} ${HOST_MARK}"`,
    'Defaults:{login} !lecture, !mail_badpass',
    ...rules,
  ];
  const text = lines.map((line) => line.replaceAll('{login}', names.login).replaceAll('{target}', names.target));
  const draft = `${file}.new`;
  writeFileSync(draft, `${text.join('\n')}\n`);
  chmodSync(draft, 0o440);
  execFileSync('visudo', ['-c', '-q', '-f', draft]);
  renameSync(draft, file);
}

function mayMakeUsers(): boolean {
  if (process.getuid?.() === 0 && existsSync('/etc/sudoers.d')) return true;
  if (isCi()) throw new Error('the tests of --sudo make users, which only root may do, and CI skips nothing');
  process.stderr.write(
    '\n!! not root: the tests of --sudo are skipped, as they make users and a file in /etc/sudoers.d\n',
  );
  return false;
}

function account(program: string, args: readonly string[]): void {
  for (let tries = 1; ; tries += 1) {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status === 0 || (program === 'userdel' && status === 6)) return;
    if (!stderr.includes('lock') || tries > LOCKED_TRIES) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    spawnSync('sleep', ['0.1']);
  }
}

function isUser(name: string): boolean {
  return readFileSync('/etc/passwd', 'utf8').includes(`\n${name}:`);
}

function uidOf(name: string): number {
  return Number(execFileSync('id', ['-u', name], { encoding: 'utf8' }));
}
