// Writes man/spot.1 from the commands of src/cli/program.ts and from config.example.yaml; a test compares. --stdout prints it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
// beside the packages, as some of them stay outside
const folder = mkdtempSync(join(root, 'node_modules', '.spot-man-'));
try {
  const page = await makePage();
  if (process.argv.includes('--stdout')) process.stdout.write(page);
  else {
    mkdirSync(`${root}/man`, { recursive: true });
    writeFileSync(`${root}/man/spot.1`, page);
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function makePage() {
  await build({
    stdin: {
      contents: "export { manPage } from './src/cli/man-page.ts'; export { grammarOf } from './src/cli/program.ts';",
      resolveDir: root,
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    loader: { '.sh': 'text' },
    define: { SPOT_VERSION: JSON.stringify(version), SPOT_POSTGRES_THREAD: '""' },
    logLevel: 'error',
  });
  const { manPage, grammarOf } = await import(pathToFileURL(join(folder, 'stdin.mjs')).href);
  const io = { stdout: { write: () => undefined, columns: 100 } };
  return manPage(grammarOf(io), { version, configuration: readFileSync(`${root}/config.example.yaml`, 'utf8') });
}
