// `npm run demo` on a fresh clone: installs what is missing, builds, and hands the terminal to `spot demo`.
// Nothing is installed when this starts, so it uses Node's own modules only.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

process.exitCode = await demo();

/** @returns {Promise<number>} the exit code of the first thing that failed, or of the demo */
async function demo() {
  if (!isInstalled()) {
    console.log('Installing packages: about a minute, the first time only.');
    const installed = await npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
    if (installed !== 0) return installed;
  }
  const built = await node(['scripts/build.js']);
  return built === 0 ? node(['bin/spot.js', 'demo', ...process.argv.slice(2)]) : built;
}

/** npm writes its own lock file into node_modules when it is through, so a broken install has none. */
function isInstalled() {
  const done = `${root}/node_modules/.package-lock.json`;
  if (!existsSync(done)) return false;
  const installed = packagesIn(done);
  const wanted = Object.entries(packagesIn(`${root}/package-lock.json`));
  return wanted.every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/** @returns {Record<string, { version: string, optional?: boolean }>} by path, the project itself at '' */
function packagesIn(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

/** Under `npm run`, npm names its own script: that one works where `npm` is a .cmd file, too. */
function npm(args) {
  const script = process.env.npm_execpath;
  return script === undefined ? run('npm', args) : node([script, ...args]);
}

function node(args) {
  return run(process.execPath, args);
}

/** Ctrl-C reaches the child by itself, which then decides how to end; this process waits for it. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    const forward = (signal) => child.kill(signal);
    const ignore = () => {};
    process.on('SIGINT', ignore).on('SIGTERM', forward);
    child.once('error', reject).once('close', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward);
      resolve(signal === null ? code : 1);
    });
  });
}
