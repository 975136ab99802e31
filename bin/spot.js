#!/usr/bin/env node
// Starts the compiled cli. This file is not compiled itself: it has to parse on any Node that knows ES modules, so that
// an old one gets a sentence and not a syntax error.
import { existsSync } from 'node:fs';
import process from 'node:process';

const OLDEST_NODE = 20;
const entry = new URL('../dist/main.js', import.meta.url);

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  refuse(
    `spot needs Node.js ${OLDEST_NODE} or newer, this is ${process.versions.node}: install a newer one from https://nodejs.org`,
  );
} else if (!existsSync(entry)) {
  refuse('spot is not built yet: run npm run build first');
} else {
  import(entry.href).then(({ main }) => main(process.argv.slice(2), process)).then(exitWith);
}

// Not process.exit: what was written to a pipe is still on its way. A code that stands already says that writing failed.
function exitWith(code) {
  if (process.exitCode === undefined) process.exitCode = code;
}

function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
