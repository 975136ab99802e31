import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { scanFiles } from '../../../src/payload/scan.ts';
import { packPayload } from '../../../src/payload/pack.ts';
import type { Script } from '../../../src/payload/script.ts';
import type { Payload } from '../../../src/model/payload.ts';
import { SpotError } from '../../../src/model/errors.ts';

/** What stands at a path: a file's content, a link's target, or a folder. */
export type Node =
  | { readonly type: 'file'; readonly mode: number; readonly content: string }
  | { readonly type: 'directory'; readonly mode: number }
  | { readonly type: 'link'; readonly target: string };

/** Path below the root to what stands there. */
export type Tree = Readonly<Record<string, Node>>;

export const file = (content: string, mode = 0o644): Node => ({ type: 'file', mode, content });
export const directory = (mode = 0o755): Node => ({ type: 'directory', mode });
export const link = (target: string): Node => ({ type: 'link', target });

/** Numbers of user and group `nobody` on Linux. */
const NOBODY = 65534;

/** Makes a folder with this content, in this order; folders that are only implied get mode 0755. */
export function writeTree(root: string, tree: Tree): void {
  mkdirSync(root, { recursive: true });
  for (const [path, node] of Object.entries(tree)) {
    const location = join(root, path);
    mkdirSync(dirname(location), { recursive: true });
    if (node.type === 'file') writeFileSync(location, node.content);
    else if (node.type === 'directory') mkdirSync(location, { recursive: true });
    else symlinkSync(node.target, location);
  }
  for (const [path, node] of Object.entries(tree).reverse()) {
    if (node.type !== 'link') chmodSync(join(root, path), node.mode);
  }
}

/** Reads back what `writeTree` writes, implied folders included; follows no link. */
export function readTree(root: string): Tree {
  return Object.fromEntries(readFolder(root, '').sort());
}

function readFolder(root: string, prefix: string): [string, Node][] {
  return readdirSync(join(root, prefix)).flatMap((name): [string, Node][] => {
    const path = prefix + name;
    const node = readNode(join(root, path));
    const below = node.type === 'directory' ? readFolder(root, `${path}/`) : [];
    return [[path, node], ...below];
  });
}

function readNode(path: string): Node {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return link(readlinkSync(path));
  const mode = stats.mode & 0o777;
  return stats.isDirectory() ? directory(mode) : file(readFileSync(path, 'utf8'), mode);
}

export function bashScript(text = 'echo hello\n'): Script {
  return { path: 'deploy.sh', name: 'deploy.sh', bytes: Buffer.from(text), interpreter: ['bash'], warnings: [] };
}

export async function packFolder(root: string, outDir: string): Promise<Payload> {
  const tree = await scanFiles(root);
  return packPayload({ script: bashScript(), tree, environment: [], name: 'deploy.sh', outDir });
}

/**
 * Unpacks with a program as an instance has it, by an ordinary user where the test is run by root.
 * @param tar argv of the program, e.g. `['busybox', 'tar']`
 * @param target a folder that is made; others must be able to reach it
 * @returns what the program had to say, usually nothing
 */
export function unpack(tar: readonly string[], archive: string, target: string): string {
  mkdirSync(target);
  chmodSync(target, 0o777);
  // busybox tar, where it is not root, takes the umask off, whatever -p says
  const args = ['-c', 'umask 0; exec "$@"', 'sh', ...tar, '-xzpo', '-f', '-', '-C', target];
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const done = spawnSync('sh', args, { input: readFileSync(archive), encoding: 'utf8', ...user });
  if (done.status !== 0) throw new Error(`${tar.join(' ')} failed: ${done.stderr}`, { cause: done.error });
  return done.stdout + done.stderr;
}

/** Calls as somebody whom permission bits can stop: root is not one. */
export async function asOrdinaryUser<T>(call: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return call();
  process.seteuid?.(NOBODY);
  try {
    return await call();
  } finally {
    process.seteuid?.(0);
  }
}

/** The SpotError a call ends in, as `[exit code, code, message]`. */
export async function failureOf(call: () => unknown): Promise<readonly [number, string, string]> {
  try {
    await call();
  } catch (error) {
    if (error instanceof SpotError) return [error.exitCode, error.code, error.message];
    throw error;
  }
  throw new Error('the call did not fail');
}
