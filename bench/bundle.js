import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/** As in scripts/build.js. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

/** From here the compiled parts find what is not compiled with them. */
const FOLDER = join(root, 'node_modules/.cache/spot');

/**
 * Compiles parts of this project for a benchmark that looks at them alone.
 * @param {string} entry an ES module that imports and exports them, with paths from the project's folder
 * @returns what it exports
 */
export async function loadParts(entry) {
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(join(FOLDER, 'bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const outfile = join(folder, 'parts.mjs');
  const options = { bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'error' };
  await build({
    ...options,
    stdin: { contents: entry, resolveDir: root },
    outfile,
    loader: { '.sh': 'text' },
    banner: { js: REQUIRE },
    external: ['better-sqlite3', 'pg', 'synckit', 'esbuild'],
    define: { SPOT_POSTGRES_THREAD: JSON.stringify('./thread.mjs') },
  });
  const thread = { entryPoints: [join(root, 'src/state/postgres/thread.ts')], outfile: join(folder, 'thread.mjs') };
  await build({ ...options, ...thread, external: ['pg', 'synckit'] });
  return import(pathToFileURL(outfile).href);
}
