import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const DRIVER = createRequire(import.meta.url).resolve('better-sqlite3');
/** As in scripts/build.js. */
const REQUIRE = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/** It has native parts, and nothing is found by its name from the folder of the compiled parts: by its path, then. */
const driver = {
  name: 'driver',
  setup: ({ onResolve }) => onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: DRIVER, external: true })),
};

/**
 * Compiles parts of this project for a benchmark that looks at them alone.
 * @param {string} entry an ES module that imports and exports them, with paths from the project's folder
 * @returns what it exports
 */
export async function loadParts(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
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
    plugins: [driver],
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}
