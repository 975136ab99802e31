import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import Driver from 'better-sqlite3';
import { newManualInstances } from '../../src/inventory/manual.ts';
import { openState } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';
import { runSpotHere } from '../helpers/spot-here.ts';
import { type RunningSpot, runSpot, type SpotOptions, type SpotResult, startSpot } from '../helpers/spot.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';

type RunOptions = Omit<SpotOptions, 'cwd' | 'home'>;

/** A user's folder with a config.yaml, and the state file in it; gone when the test is over. */
export class Project {
  readonly cwd: string;
  readonly home: string;

  constructor() {
    const folder = tempDir();
    this.cwd = join(folder, 'project');
    this.home = join(folder, 'home');
    mkdirSync(this.cwd);
    mkdirSync(this.home);
  }

  /** @param path relative to the project; folders on the way are made @returns the absolute path */
  write(path: string, content: string | Uint8Array, mode = 0o644): string {
    const file = join(this.cwd, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
    return file;
  }

  read(path: string): string {
    return readFileSync(join(this.cwd, path), 'utf8');
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<SpotResult> {
    return runSpot(args, { cwd: this.cwd, home: this.home, ...options });
  }

  /** As `run`, within this process: for short commands, of which a test needs many. */
  quick(args: readonly string[], { env = {} }: Pick<RunOptions, 'env'> = {}): Promise<SpotResult> {
    return runSpotHere(args, { cwd: this.cwd, home: this.home, env });
  }

  start(args: readonly string[], options: RunOptions = {}): RunningSpot {
    return startSpot(args, { cwd: this.cwd, home: this.home, ...options });
  }

  /** Rows of the state file, as any other program sees them. */
  rows(sql: string, ...parameters: unknown[]): Record<string, unknown>[] {
    const driver = new Driver(join(this.cwd, '.spot/state.db'), { readonly: true, fileMustExist: true });
    try {
      return driver.prepare(sql).all(...parameters) as Record<string, unknown>[];
    } finally {
      driver.close();
    }
  }

  /** Changes the state file as any other program may. */
  change(sql: string): void {
    const driver = new Driver(join(this.cwd, '.spot/state.db'), { fileMustExist: true });
    driver.exec(sql);
    driver.close();
  }

  /** Makes hosts known, without the binary; what is not given is as in `spot add`. */
  add(name: string, spec: string): void {
    const state = openState(join(this.cwd, '.spot'), { clock: systemClock });
    try {
      const existing = state.instances.list();
      const options = { name, id: name, tags: {}, existing, clock: systemClock };
      state.instances.add(newManualInstances([spec], options));
    } finally {
      state.close();
    }
  }
}

/** A project whose fleet are these hosts, as `web-1`, `web-2`, …, and whose config.yaml has their key. */
export function projectOf(hosts: readonly SshdHost[]): Project {
  const project = new Project();
  const [first] = hosts;
  if (first !== undefined) project.write('config.yaml', `aws:\n  private_ssh_key_path: ${first.identityFile}\n`);
  hosts.forEach((host, index) => project.add(`web-${index + 1}`, specOf(host)));
  return project;
}

export function specOf({ user, address, port }: SshdHost): string {
  return `${user}@${address}:${port}`;
}

/** Nobody listens there: it is the port of tcpmux, which nobody runs. */
export const DEAD_SPEC = '127.0.0.1:1';

/** What lies below a folder, as `path mode`, folders with a slash behind; sorted. */
export function listTree(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const mode = (statSync(path).mode & 0o777).toString(8);
      return `${relative(root, path)}${entry.isDirectory() ? '/' : ''} ${mode}`;
    })
    .sort();
}
