import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const SOURCE = fileURLToPath(new URL('../../src/state/postgres/thread.ts', import.meta.url));

/** From here the thread finds its packages. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/spot/', import.meta.url));

/**
 * Node cannot run TypeScript, and a thread is started by Node: it is compiled for the tests, which run the sources.
 * @returns its URL
 */
export function compiledPostgresThread(): string {
  const { outputFiles } = buildSync({
    entryPoints: [SOURCE],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    write: false,
  });
  const code = outputFiles[0]?.text ?? '';
  const file = join(FOLDER, `postgres-thread-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.mjs`);
  mkdirSync(FOLDER, { recursive: true });
  // another test run may do the same at the same time
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, code);
  renameSync(unfinished, file);
  return pathToFileURL(file).href;
}
