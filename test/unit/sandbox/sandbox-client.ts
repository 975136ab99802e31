import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import ssh2 from 'ssh2';
import type { Client, ClientChannel, ConnectConfig, SFTPWrapper } from 'ssh2';
import { expect, onTestFinished, vi } from 'vitest';
import {
  type Sandbox,
  type SandboxInstance,
  type SandboxOptions,
  startSandbox,
} from '../../../src/transport/ssh/sandbox/sandbox.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

/** Starts a sandbox that is closed when the test is over; a socket or a child left behind then fails the test. */
export async function sandboxOf(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const folder = tempDir();
  const sandbox = await startSandbox({ count: 1, folder, ...options });
  onTestFinished(async () => {
    await sandbox.close();
    await vi.waitFor(() => expect(openResources()).toEqual([]));
  });
  return sandbox;
}

function openResources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|Process)/.test(name));
}

/** The first instance, for tests of one. */
export function only(sandbox: Sandbox): SandboxInstance {
  return sandbox.instances[0] as SandboxInstance;
}

/** Logs in with ssh2's client. Rejects where it is not let in. */
export async function login(
  sandbox: Sandbox,
  overrides: ConnectConfig = {},
  instance: SandboxInstance = only(sandbox),
): Promise<Client> {
  const client = new ssh2.Client();
  onTestFinished(() => void client.destroy());
  const { address: host, port, user: username } = instance;
  client.connect({ host, port, username, privateKey: readFileSync(sandbox.privateKeyPath), ...overrides });
  // a connection breaks more than once: `once` hears the first error, the others mean nothing
  client.on('error', () => undefined);
  await once(client, 'ready');
  return client;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export function open(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
}

/** Runs a command to its end. */
export async function run(client: Client, command: string, input: Buffer | string = ''): Promise<Ended> {
  const channel = await open(client, command);
  const ended = outcomeOf(channel);
  channel.end(input);
  return ended;
}

/** Reads a channel to its end. */
export async function outcomeOf(channel: ClientChannel): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  channel.on('data', (chunk: Buffer) => stdout.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const [code, signal] = (await once(channel, 'close')) as [number | null | undefined, string | undefined];
  return {
    code: code ?? null,
    signal: signal ?? null,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr),
  };
}

export function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.sftp((error, sftp) => (error === undefined ? resolve(sftp) : reject(error)));
  });
}

/** What OpenSSH's programs need to know: `ssh`, `sftp` and `scp` take these alike (but for the port: `-o Port`). */
export function opensshOptions(sandbox: Sandbox, identity = sandbox.privateKeyPath): string[] {
  const settings = [
    `Port=${only(sandbox).port}`,
    `User=${only(sandbox).user}`,
    `IdentityFile=${identity}`,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
  ];
  return ['-F', 'none', ...settings.flatMap((setting) => ['-o', setting])];
}

/** Runs a local program to its end. */
export async function local(program: string, args: readonly string[], input: Buffer | string = ''): Promise<Ended> {
  const child = spawn(program, args, { stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const stdout: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stderr, [code, signal]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return {
    code: code as number | null,
    signal: signal as string | null,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.from(stderr),
  };
}
