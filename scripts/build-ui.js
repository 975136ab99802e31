// Compiles the page of src/ui into dist/ui: files whose names have the hash of their content, each also packed, and an
// index that names them.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Of scripts and styles as they are, bytes: a page that is plain and fast stays below. */
const BUDGET = 60_000;

/**
 * @param {string} root of the project
 * @param {string} version
 */
export async function buildUi(root, version) {
  const outdir = `${root}/dist/ui`;
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { app: 'src/ui/main.ts', style: 'src/ui/style.css' },
    outdir,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'chrome110', 'firefox115', 'safari16'],
    define: { SPOT_VERSION: JSON.stringify(version) },
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  refuseBloat(metafile.outputs);
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  const template = readFileSync(`${root}/src/ui/index.html`, 'utf8');
  const index = ['app.js', 'style.css'].reduce((text, name) => text.replaceAll(name, hashed(name, names)), template);
  writeFileSync(`${outdir}/index.html`, index);
  for (const name of readdirSync(outdir)) pack(`${outdir}/${name}`);
}

/** @param {Record<string, { bytes: number }>} outputs */
function refuseBloat(outputs) {
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0);
  if (bytes > BUDGET) throw new Error(`the page has ${bytes} bytes of scripts and styles; ${BUDGET} are allowed`);
}

/** `app-3F2A.js` for `app.js`. */
function hashed(name, names) {
  const [stem, extension] = name.split('.');
  return names.find((each) => each.startsWith(`${stem}-`) && each.endsWith(`.${extension}`));
}

function pack(path) {
  const content = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(content));
}
