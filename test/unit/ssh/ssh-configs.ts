import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SpotError } from '../../../src/model/errors.ts';
import type { Host } from '../../../src/model/plan.ts';
import { loadSshConfig, type ResolvedHost, type SshConfig } from '../../../src/transport/ssh/ssh-config.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

/** A home with the given files; `.ssh/config` is the one that is loaded. */
export type Files = Readonly<Record<string, string>>;

export const ENV = { SSH_AUTH_SOCK: '/run/agent', KEYS: '/keys' };

export interface Loaded {
  readonly home: string;
  readonly sshConfig: SshConfig;
}

export async function load(files: Files, mustExist = true): Promise<Loaded> {
  const home = tempDir();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), content.replaceAll('<home>', home));
  }
  const options = { home, localUser: 'me', env: ENV, mustExist };
  return { home, sshConfig: await loadSshConfig(join(home, '.ssh', 'config'), options) };
}

/** A host that says nothing but its address. */
export function host(address: string): Host {
  return { user: null, address, port: null };
}

/** Resolves a host with one config file; the home is written `<home>` in the result. */
export async function resolve(config: string, address = 'web'): Promise<ResolvedHost> {
  const { home, sshConfig } = await load({ '.ssh/config': config });
  return withoutHome(sshConfig.resolve(host(address)), home);
}

function withoutHome(resolved: ResolvedHost, home: string): ResolvedHost {
  return JSON.parse(JSON.stringify(resolved).replaceAll(home, '<home>')) as ResolvedHost;
}

/** The code and the sentence of the SpotError that something ends with; paths of the test's home start with `<home>`. */
export async function configErrorOf(
  work: Promise<unknown>,
): Promise<{ code: string; exitCode: number; message: string }> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SpotError)) throw new Error('a SpotError was expected', { cause: error });
  const message = error.message.replaceAll(/\/\S*?spot-test-\w+/g, '<home>');
  return { code: error.code, exitCode: error.exitCode, message };
}
