import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/** From here the compiled parts find their packages. */
const CACHE = join(root, 'node_modules/.cache');
/** As in scripts/build.js. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);";

/** They have native parts, or look for files of theirs. */
const EXTERNAL = ['better-sqlite3', 'graphile-worker', 'pg', 'synckit'];

/** That of the build. */
const POSTGRES_THREAD = pathToFileURL(join(root, 'dist/chunks/postgres-thread.js')).href;

/**
 * Compiles parts of this project for a benchmark that looks at them alone.
 * @param {string} entry an ES module that imports and exports them, with paths from the project's folder
 * @returns what it exports
 */
export async function loadParts(entry) {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const outfile = join(folder, 'parts.mjs');
  await build({
    stdin: { contents: entry, resolveDir: root },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    loader: { '.sh': 'text' },
    banner: { js: REQUIRE },
    define: { SPOT_POSTGRES_THREAD: JSON.stringify(POSTGRES_THREAD) },
    external: EXTERNAL,
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}
