import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leakMark, noteClient } from '../../helpers/leak-mark.ts';
import { removeDeployFolders, watchLeaks } from '../../helpers/leaks.ts';
import { killAll, processesMarked } from '../../helpers/processes.ts';
import { waitFor } from '../../helpers/wait-for.ts';

const GRACE_MS = 50;

/** When a run began, as it stands in the names of its folders. */
const STAMP = '20260911T091857016093';

describe.skipIf(process.platform !== 'linux')('the leak check', () => {
  test('is content where nothing is left', async () => {
    const nothingLeft = watchLeaks(GRACE_MS);
    await once(spawn('true'), 'close');
    await nothingLeft();
  });

  test('names a child', async () => {
    const nothingLeft = watchLeaks(GRACE_MS);
    const child = spawn('sleep', ['303'], { stdio: 'ignore' });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    await expect(nothingLeft()).rejects.toThrow(
      `the test left behind: process ${child.pid} (sleep 303), open ProcessWrap 1`,
    );
  });

  test('names a process that went its own way, by the mark in its environment', async () => {
    leakMark();
    const nothingLeft = watchLeaks(GRACE_MS);
    const ownMark = { name: 'TEST_OWN_MARK', value: `${process.pid}` };
    onTestFinished(() => killAll(() => processesMarked(ownMark.name, ownMark.value)));
    const env = { ...process.env, [ownMark.name]: ownMark.value };
    await once(spawn('sh', ['-c', 'setsid sleep 304 &'], { env, stdio: 'ignore' }), 'close');
    await waitFor('the sleep', () =>
      processesMarked(ownMark.name, ownMark.value).some(({ command }) => command === 'sleep 304'),
    );
    await expect(nothingLeft()).rejects.toThrow(/^the test left behind: process \d+ \(sleep 304\)$/);
  });

  test('names a listening socket', async () => {
    const nothingLeft = watchLeaks(GRACE_MS);
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    await expect(nothingLeft()).rejects.toThrow('the test left behind: open TCPServerWrap 1');
  });

  test.each(['deploy_files', '.spot'])(
    'names a folder %s_… of its own clients and leaves those of others alone',
    async (prefix) => {
      const nothingLeft = watchLeaks(GRACE_MS);
      const [own, foreign] = [`/tmp/${prefix}_${STAMP}_${process.pid}`, `/tmp/${prefix}_${STAMP}_${process.ppid}`];
      for (const folder of [own, foreign]) mkdirSync(folder);
      onTestFinished(() => [own, foreign].forEach((folder) => rmSync(folder, { recursive: true, force: true })));
      await expect(nothingLeft()).rejects.toThrow(new Error(`the test left behind: folder ${own}`));
      expect(removeDeployFolders()).toEqual(prefix === 'deploy_files' ? [own] : []);
      expect([existsSync(own), existsSync(foreign)]).toEqual([prefix !== 'deploy_files', true]);
    },
  );

  test('leaves the folder of a later client alone that has the same process id', async () => {
    const nothingLeft = watchLeaks(GRACE_MS);
    // the largest number there is on Linux is 4194304
    const pid = 5_000_000;
    noteClient(pid)();
    const folder = `/tmp/.spot_29990101T000000000000_${pid}`;
    mkdirSync(folder);
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await nothingLeft();
  });

  test('waits for what is about to go', async () => {
    const nothingLeft = watchLeaks(5000);
    const child = spawn('sleep', ['0.2'], { stdio: 'ignore' });
    await once(child, 'spawn');
    await nothingLeft();
    expect(child.exitCode).toBe(0);
  });
});
