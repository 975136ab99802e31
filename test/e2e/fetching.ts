import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { removeDeployFolders } from '../helpers/leaks.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { type Project, projectOf } from './project.ts';

/** What `spot fetch --json` shows, as far as tests look at it. */
export interface FetchDocument {
  readonly exit_code: number;
  readonly instances: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly error: { readonly code: string; readonly message: string } | null;
    readonly files: readonly { readonly path: string; readonly same: boolean }[];
    readonly refused: readonly { readonly path: string; readonly code: string; readonly message: string }[];
  }[];
}

/** A run of this script on some hosts; its files folders are there until the test is over. */
export async function runOf(script: string, hosts: readonly SshdHost[]): Promise<Project> {
  const project = projectOf(hosts);
  onTestFinished(() => void removeDeployFolders());
  project.write('make.sh', script);
  const { exitCode, stderr } = await project.run(['upload-script', 'make.sh', '--yes', '--quiet']);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return project;
}

/** A run that has done nothing, on a host whose home is empty then. */
export async function idleRunOn(host: SshdHost): Promise<{ readonly project: Project; readonly home: string }> {
  for (const name of readdirSync(host.home)) rmSync(join(host.home, name), { recursive: true });
  return { project: await runOf('true', [host]), home: host.home };
}

/** Fetches from the newest run into the folder `got`. */
export async function fetchJson(project: Project, ...args: string[]): Promise<FetchDocument> {
  const { stdout, stderr, exitCode } = await project.run(['fetch', 'last', '--json', '--to', 'got', ...args]);
  expect(stdout, stderr).not.toBe('');
  const document = JSON.parse(stdout) as FetchDocument;
  expect(document.exit_code).toBe(exitCode);
  return document;
}

/** The run has taken place there, as far as the ledger knows. */
export function moveRun(
  project: Project,
  { address, port }: { readonly address: string; readonly port: number },
): void {
  project.change(`UPDATE attempts SET address = '${address}', port = ${port}`);
}

export function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
