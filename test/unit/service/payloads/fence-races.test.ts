import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { SpotError } from '../../../../src/model/errors.ts';
import { readFenced } from '../../../../src/service/payloads/fence.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

const MAX_BYTES = 1000;
const INSIDE = 'echo inside\n';

let root: string;
let outside: string;

beforeEach(() => {
  const folder = tempDir();
  root = join(folder, 'payloads');
  outside = join(folder, 'elsewhere');
  for (const path of [root, outside]) mkdirSync(join(path, 'sub'), { recursive: true });
  writeFileSync(join(root, 'sub/x.sh'), INSIDE);
  writeFileSync(join(outside, 'x.sh'), 'echo outside\n');
});

/** The script, or the code of the refusal. */
async function read(path: string): Promise<string> {
  try {
    return readFenced(path, { roots: [root], maxBytes: MAX_BYTES }).bytes.toString();
  } catch (error) {
    return (error as SpotError).code;
  }
}

/** A thread that changes what is at the paths, without a pause, until the test is over. @param body of its loop */
async function meanwhile(body: string): Promise<void> {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { linkSync, renameSync, symlinkSync, unlinkSync, writeFileSync } = require('node:fs');
    const { execFileSync } = require('node:child_process');
    const { root, outside } = workerData;
    parentPort.postMessage('ready');
    for (;;) { ${body} }`;
  const worker = new Worker(code, { eval: true, workerData: { root, outside } });
  onTestFinished(async () => {
    await worker.terminate();
  });
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

/** How often each answer came. */
async function answersOf(path: string, count: number): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  for (let time = 0; time < count; time += 1) {
    const answer = await read(path);
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  return answers;
}

test.each<[string, string, readonly string[]]>([
  [
    'a folder on the way and a link that leads out',
    `renameSync(root + '/sub', root + '/aside');
     symlinkSync(outside, root + '/sub');
     unlinkSync(root + '/sub');
     renameSync(root + '/aside', root + '/sub');`,
    [INSIDE, 'path-refused', 'payload-not-found'],
  ],
  [
    'the file and a link that leads out',
    `symlinkSync(outside + '/x.sh', root + '/next');
     renameSync(root + '/next', root + '/sub/x.sh');
     writeFileSync(root + '/next', 'echo inside\\n');
     renameSync(root + '/next', root + '/sub/x.sh');`,
    [INSIDE, 'path-refused', 'payload-not-found'],
  ],
  [
    'the file and a link to a device',
    `symlinkSync('/dev/zero', root + '/next');
     renameSync(root + '/next', root + '/sub/x.sh');
     writeFileSync(root + '/next', 'echo inside\\n');
     renameSync(root + '/next', root + '/sub/x.sh');`,
    [INSIDE, 'path-refused', 'payload-not-found'],
  ],
])(
  'not a byte from outside is read while a thread changes %s for each other',
  { timeout: 60_000 },
  async (_, body, allowed) => {
    await meanwhile(body);
    const answers = await answersOf(join(root, 'sub/x.sh'), 5000);
    expect([...answers.keys()].filter((answer) => !allowed.includes(answer))).toEqual([]);
    // both were met: else nothing was raced
    expect(answers.size).toBeGreaterThan(1);
  },
);

test('a pipe that takes the place of the file does not hold up the reader', { timeout: 60_000 }, async () => {
  await meanwhile(`
    execFileSync('mkfifo', [root + '/next']);
    renameSync(root + '/next', root + '/sub/x.sh');
    writeFileSync(root + '/next', 'echo inside\\n');
    renameSync(root + '/next', root + '/sub/x.sh');`);
  const answers = await answersOf(join(root, 'sub/x.sh'), 1000);
  expect(
    [...answers.keys()].filter((answer) => ![INSIDE, 'payload-not-a-file', 'payload-not-found'].includes(answer)),
  ).toEqual([]);
});

test('a file is found while the folder it is in is put in place of another all the time', async () => {
  for (const name of ['a', 'b']) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'x.sh'), `echo ${name}\n`);
  }
  symlinkSync('a', join(root, 'current'));
  await meanwhile(`
    for (const name of ['b', 'a']) {
      symlinkSync(name, root + '/next');
      renameSync(root + '/next', root + '/current');
    }`);
  const answers = await answersOf(join(root, 'current/x.sh'), 2000);
  expect([...answers.keys()].sort()).toEqual(['echo a\n', 'echo b\n']);
});

test('a file that grows while it is read is refused at the limit, or read up to where it ended', async () => {
  const path = join(root, 'sub/x.sh');
  await meanwhile(`
    writeFileSync(root + '/sub/x.sh', 'x'.repeat(${MAX_BYTES - 50}));
    for (let piece = 0; piece < 20; piece += 1) writeFileSync(root + '/sub/x.sh', 'y'.repeat(10), { flag: 'a' });`);
  const answers = await answersOf(path, 2000);
  expect(answers.size).toBeGreaterThan(1);
  for (const answer of answers.keys()) {
    const isWhole = answer.length <= MAX_BYTES && /^x*y*$/.test(answer);
    expect(isWhole || ['payload-too-large', 'payload-empty', INSIDE].includes(answer), answer).toBe(true);
  }
});
