import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/** As in scripts/build.js. */
const REQUIRE = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/**
 * Compiles parts of this project for a benchmark that looks at them alone.
 * @param {string} entry an ES module that imports and exports them, with paths from the project's folder
 * @returns what it exports
 */
export async function loadParts(entry) {
  // in here packages with native parts are found, which cannot be bundled
  const folder = mkdtempSync(join(root, 'node_modules/.bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const outfile = join(folder, 'parts.mjs');
  await build({
    stdin: { contents: entry, resolveDir: root },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['better-sqlite3'],
    loader: { '.sh': 'text' },
    banner: { js: REQUIRE },
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}
