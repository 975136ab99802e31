// Payloads for the benchmarks: the same bytes on every machine, half of the files text and half of them noise.
import { Buffer } from 'node:buffer';
import { createCipheriv } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DEPLOY = fileURLToPath(new URL('deploy.sh', import.meta.url));

/** Number of files, bytes in all of them, and folders to put them in. */
export const PAYLOADS = {
  small: { files: 20, bytes: 200 * 1024, folders: ['.', 'conf', 'conf/sites', 'bin'] },
  typical: { files: 100, bytes: 1024 * 1024, folders: ['.', 'conf', 'bin', 'bin/lib', 'www'] },
  medium: {
    files: 500,
    bytes: 20 * 1024 * 1024,
    folders: Array.from({ length: 25 }, (_, index) => `d${index % 5}/e${index}`),
  },
  big: { files: 1, bytes: 100 * 1024 * 1024, folders: ['.'] },
};

/**
 * Makes a stage, `<folder>/deploy.sh` and `<folder>/files/`.
 * @param {keyof typeof PAYLOADS} name
 * @param {string} folder made if missing
 */
export function makeStage(name, folder) {
  const { files, bytes, folders } = PAYLOADS[name];
  for (let index = 0; index < files; index += 1) {
    const size = Math.floor((bytes / files) * (0.8 + 0.1 * ((index + 2) % 5)));
    const path = join(folder, 'files', folders[index % folders.length], `f${index}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, index % 2 === 0 ? noise(size, index) : text(size));
    chmodSync(path, [0o644, 0o600, 0o755][index % 3]);
  }
  copyFileSync(DEPLOY, join(folder, 'deploy.sh'));
}

/** Bytes that do not compress. */
function noise(size, seed) {
  const key = Buffer.alloc(16, seed % 251);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

function text(size) {
  const line = (number) => `server ${number} { listen 80${number % 100}; proxy_pass http://127.0.0.1:${number}; }\n`;
  const lines = [];
  for (let length = 0; length < size; length += lines.at(-1).length) lines.push(line(lines.length * 7919));
  return lines.join('').slice(0, size);
}
