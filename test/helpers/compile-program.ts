import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { compiledPostgresThread } from './postgres-thread.ts';

/** For NODE_PATH of what `compileProgram` made. */
export const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** What must not be bundled: native parts, and what looks for files beside its own. */
const EXTERNAL = ['better-sqlite3', 'fastify', 'graphile-worker', 'pg', 'pino', 'synckit', '*.node'];

/**
 * Node cannot run TypeScript: the program becomes one CommonJS file that finds its packages through NODE_PATH.
 * @param source beside the caller
 * @returns outfile
 */
export function compileProgram(source: URL, outfile: string): string {
  buildSync({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: EXTERNAL,
    loader: { '.sh': 'text' },
    banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: {
      'import.meta.url': 'fileUrl',
      SPOT_VERSION: '"0.0.0"',
      SPOT_POSTGRES_THREAD: JSON.stringify(compiledPostgresThread()),
    },
    logLevel: 'error',
  });
  return outfile;
}
