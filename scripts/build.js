// Compiles src/cli/main.ts and all it imports into dist/. Commands that load their parts with import() get chunks of
// their own, so that `spot --help` does not pay for SSH.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildUi } from './build-ui.js';
import { thirdPartyLicenses } from './third-party-licenses.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Loaded by `spot serve` and `spot worker` alone, which run long, and where PostgreSQL holds the state. */
const OF_THE_SERVICE = [
  'fastify',
  '@fastify/rate-limit',
  '@fastify/swagger',
  'prom-client',
  'pino',
  'graphile-worker',
  'pg',
  'synckit',
];

/**
 * What stays a package of its own: native addons. Everything else is bundled: loading ssh2, node-ssh and
 * ssh2-sftp-client costs 120 ms of CPU from node_modules and 38 ms from here, the AWS SDK 440 ms and 100 ms, because
 * only the requests that are made come along.
 */
const EXTERNAL = ['better-sqlite3', 'cpu-features', ...OF_THE_SERVICE];

/** ssh2 looks for its own addon (optional, faster ciphers) beside its files, which it has left: name the package. */
const SSH2_ADDON = 'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node';
const addonOfSsh2 = {
  name: 'addon-of-ssh2',
  setup: ({ onResolve }) => onResolve({ filter: /sshcrypto\.node$/ }, () => ({ path: SSH2_ADDON, external: true })),
};

/** They say of themselves that what is not used may be left out, but beside their files, where nobody reads it. */
const unusedPrompts = {
  name: 'unused-prompts',
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^@inquirer\// }, async ({ path, pluginData, ...from }) =>
      pluginData === 'unused-prompts'
        ? undefined
        : { ...(await resolve(path, { ...from, pluginData: 'unused-prompts' })), sideEffects: false },
    ),
};

/** What bundled CommonJS packages expect to find, and an ES module has to make. */
const COMMON_JS = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __dirname = __fileURLToPath(new URL('.', import.meta.url));`;

try {
  await buildAll();
} catch (error) {
  // esbuild has printed its own errors
  if (error.errors === undefined) console.error(error.message);
  process.exitCode = 1;
}

async function buildAll() {
  const started = performance.now();
  rmSync(`${root}/dist`, { recursive: true, force: true });
  const { metafile } = await build(options());
  refuseLazyCommonJs(metafile.inputs);
  await buildUi(root, readVersion());
  writeFileSync(`${root}/dist/THIRD-PARTY-LICENSES.txt`, thirdPartyLicenses(root, Object.keys(metafile.inputs)));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`Built dist/ in ${seconds} s.`);
}

function readVersion() {
  return JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version;
}

/** @returns {import('esbuild').BuildOptions & { metafile: true }} */
function options() {
  return {
    absWorkingDir: root,
    entryPoints: { main: 'src/cli/main.ts', 'chunks/postgres-thread': 'src/state/postgres/thread.ts' },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    // the AWS SDK's ES modules, of which unused ones can be left out
    mainFields: ['module', 'main'],
    plugins: [addonOfSsh2, unusedPrompts],
    loader: { '.sh': 'text' },
    banner: { js: COMMON_JS },
    // whoever starts the thread is in a chunk, too: commands load the state with import()
    define: {
      SPOT_VERSION: JSON.stringify(readVersion()),
      SPOT_POSTGRES_THREAD: JSON.stringify('./postgres-thread.js'),
    },
    // the licenses of all bundled packages are collected in one file instead
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    minifyWhitespace: true,
    minifySyntax: true,
    // Node prints the whole line in which an error was thrown
    lineLimit: 160,
    logLevel: 'warning',
  };
}

/**
 * `import('yaml')` has named exports in Node and only a default in the bundle (yaml is CommonJS), so what works in the
 * tests would fail in dist/.
 * @param {import('esbuild').Metafile['inputs']} inputs
 */
function refuseLazyCommonJs(inputs) {
  for (const [file, { imports }] of Object.entries(inputs)) {
    const wrong = imports.find(({ kind, path }) => kind === 'dynamic-import' && inputs[path]?.format === 'cjs');
    if (wrong === undefined || !file.startsWith('src/')) continue;
    throw new Error(
      `${file} loads '${wrong.original}' with import(), but that package is CommonJS and would lose its named exports: ` +
        'import it statically in a module that is itself loaded with import()',
    );
  }
}
