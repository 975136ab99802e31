import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../../../src/remote/job.ts';
import { requireProgram } from '../../../helpers/require.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { processesMarked, type ProcessInfo, sendSignal } from '../../../helpers/processes.ts';
import { LEAK_MARK, leakMark } from '../../../helpers/leak-mark.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { type Imds, imdsServer } from '../../../helpers/imds.ts';
import { attach, isAlive, type LocalRun, prepare, start, type Surroundings } from '../local-run.ts';
import { pathInSearchPath, searchPathWith, useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

const NOTICE = { action: 'terminate', at: '2026-11-21T12:03:04Z' } as const;
const TEXT = JSON.stringify({ action: NOTICE.action, time: NOTICE.at });
/** All that the runner needs, and nothing that can ask the metadata service. */
const TOOLS = 'sh mkdir rmdir rm mv cp chmod cat dd tar gzip sha256sum head tail wc sleep grep date setsid'.split(' ');
/** It is looked for every 5 s, but here: nobody has to wait for that. */
const LOOK_MS = 1000;
const LONG_MS = 20_000;

/** Waits for the file `go`, and listens to signals. */
const WAITS = `trap 'echo told' USR1 TERM
sleep 600 & helper=$!
echo ready
until [ -e go ]; do sleep 0.05; done
kill "$helper" && echo "the helper lives"
cat "$SPOT_INTERRUPTION_FILE" 2>/dev/null || echo none
`;

async function begin(
  imds: Pick<Imds, 'url'>,
  job: Partial<Job>,
  surroundings: Surroundings,
  script = WAITS,
): Promise<LocalRun> {
  const request = { script, job: { metadataEndpoint: imds.url, ...job } };
  const run = start(await prepare(request, { lookEverySeconds: LOOK_MS / 1000, ...surroundings }));
  run.sendArchive();
  run.session.follow();
  await run.session.until('started');
  return run;
}

async function end(run: LocalRun): Promise<string> {
  run.release('go');
  return (await run.finish()).stdout.toString();
}

/** busybox's programs cannot ask: curl comes with them. */
function withCurl(searchPath: string): Surroundings {
  return { searchPath: [searchPath, searchPathWith(join(tempDir(), 'bin'), ['curl'])].join(delimiter) };
}

/** A PATH with what the runner needs, and this. */
function onlyWith(tool: string): Surroundings {
  const searchPath = searchPathWith(join(tempDir(), 'bin'), TOOLS);
  symlinkSync(tool, join(searchPath, tool.replace(/^.*\/|[\d.]+$/g, '').replace('python', 'python3')));
  return { searchPath };
}

/** Not a script in its place, which needs other programs. */
function realPython(): string | null {
  const found = requireProgram('python3');
  return found && execFileSync(found, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
}

async function firstLook(imds: Imds): Promise<void> {
  await waitFor('the first look', () => imds.requests.some(({ method }) => method === 'GET'), LONG_MS);
}

async function toldOf(run: LocalRun): Promise<void> {
  await waitFor('the notice', () => run.notices.length > 0, LONG_MS);
}

/** Those that live on this machine, of this file. */
function marked(): ProcessInfo[] {
  return processesMarked(LEAK_MARK, leakMark());
}

/** Processes that sleep between two looks, or are at one. */
function watchersOf({ control }: LocalRun): number {
  return marked().filter(({ command }) => /^sleep [15]$/.test(command) || command.includes(`${control}/imds`)).length;
}

describe.skipIf(shells.areMissing || pathInSearchPath('curl') === null)('a notice', { timeout: 60_000 }, () => {
  test('reaches file and client, and the script by the signal that was chosen, but not its helpers', async () => {
    const signals = ['none', 'usr1', 'term'] as const;
    const told = await shells.onEach(async ({ searchPath }) => {
      const imds = await imdsServer();
      const surroundings = withCurl(searchPath);
      const each = signals.map((interruptionSignal) => begin(imds, { interruptionSignal }, surroundings));
      const runs = await Promise.all(each);
      await firstLook(imds);
      const before = runs.flatMap(({ notices }) => notices);
      imds.notice(NOTICE.action, new Date(NOTICE.at));
      await Promise.all(runs.map(toldOf));
      const texts = await Promise.all(runs.map(end));
      return { before, texts, notices: runs.map(({ notices }) => notices) };
    });
    const texts = ['', 'told\n', 'told\n'].map((heard) => `ready\n${heard}the helper lives\n${TEXT}`);
    expect(told).toEqual(shells.each({ before: [], texts, notices: [[NOTICE], [NOTICE], [NOTICE]] }));
  });

  test('is told to a client that comes later, too, and once to each', async () => {
    const imds = await imdsServer();
    imds.notice(NOTICE.action, new Date(NOTICE.at));
    const run = await begin(imds, {}, {});
    await toldOf(run);
    run.hangUp();
    const second = attach(run.prepared);
    await end(second);
    expect([run.notices, second.notices]).toEqual([[NOTICE], [NOTICE]]);
  });

  test('is seen with another token where the first is not taken any more', async () => {
    const imds = await imdsServer();
    const run = await begin(imds, {}, {});
    await firstLook(imds);
    imds.expireTokens();
    imds.notice(NOTICE.action, new Date(NOTICE.at));
    await toldOf(run);
    await end(run);
    expect(imds.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2);
  });

  test('that makes no sense is none', async () => {
    const imds = await imdsServer();
    imds.notice('dance' as never);
    const run = await begin(imds, { interruptionSignal: 'term' }, {});
    await firstLook(imds);
    expect([await end(run), run.notices]).toEqual(['ready\nthe helper lives\nnone\n', []]);
  });
});

describe.skipIf(shells.areMissing)('who asks', { timeout: 60_000 }, () => {
  test('may be wget or python3 as well', async () => {
    const imds = await imdsServer();
    imds.notice(NOTICE.action, new Date(NOTICE.at));
    const texts = [pathInSearchPath('wget'), realPython()].map(async (tool) => {
      const run = await begin(imds, { interruptionSignal: 'usr1' }, onlyWith(tool as string));
      await toldOf(run);
      return end(run);
    });
    const text = `ready\ntold\nthe helper lives\n${TEXT}`;
    expect(await Promise.all(texts)).toEqual([text, text]);
  });

  test('is nobody where there is nothing to ask with, and nothing is said of it', async () => {
    const imds = await imdsServer();
    const run = await begin(imds, {}, { searchPath: searchPathWith(join(tempDir(), 'bin'), TOOLS) });
    await delay(LOOK_MS + 1000);
    expect(watchersOf(run)).toBe(0);
    expect(await end(run)).toBe('ready\nthe helper lives\nnone\n');
    expect([imds.requests, run.channelErrors]).toEqual([[], '']);
  });

  test('gives up on a service that is silent, or turned off', async () => {
    const services = await Promise.all([imdsServer(), imdsServer()]);
    services.forEach((imds, index) => (imds.mode = index === 0 ? 'silent' : 'disabled'));
    const ends = await shells.onEach(async ({ searchPath }) => {
      const each = services.map((imds) => begin(imds, {}, withCurl(searchPath)));
      const runs = await Promise.all(each);
      // two seconds for each of those that may ask
      await delay(LOOK_MS + 8000);
      const watchers = runs.map(watchersOf);
      const texts = await Promise.all(runs.map(end));
      return { watchers, texts, errors: runs.map(({ channelErrors }) => channelErrors) };
    });
    const text = 'ready\nthe helper lives\nnone\n';
    expect(ends).toEqual(shells.each({ watchers: [0, 0], texts: [text, text], errors: ['', ''] }));
  });

  test('is nobody without an endpoint, and for the first seconds', async () => {
    const imds = await imdsServer();
    const watchers: number[] = [];
    for (const metadataEndpoint of [imds.url, null]) {
      const run = await begin(imds, { metadataEndpoint }, { lookEverySeconds: 5 });
      await delay(2500);
      watchers.push(watchersOf(run));
      await end(run);
    }
    expect(watchers).toEqual([1, 0]);
    expect(imds.requests).toEqual([]);
  });

  test('ends with its supervisor, however that ends', async () => {
    const imds = await imdsServer();
    const run = await begin(imds, {}, {});
    await firstLook(imds);
    await waitFor('a watcher', () => watchersOf(run) === 1);
    const script = await run.pidIn('session');
    sendSignal(await run.pidIn('supervisor'), 'SIGKILL');
    await waitFor('the watcher to end', () => watchersOf(run) === 0, LONG_MS);
    run.release('go');
    await waitFor('the script to end', () => !isAlive(script));
    await run.session.until('end');
    run.session.bye();
    await run.session.until('cleaned');
    // the deadline has lost its supervisor, too
    for (const { pid } of marked().filter(({ command }) => command === 'sleep 30')) sendSignal(pid, 'SIGKILL');
  });

  test('is no process of the script, and is gone when that is ended', async () => {
    const ends = await shells.onEach(async ({ searchPath }) => {
      const imds = await imdsServer();
      const run = await begin(imds, {}, withCurl(searchPath), 'sleep 67\n');
      await firstLook(imds);
      run.session.cancel('stop');
      const { verdict } = await run.finish();
      return verdict.kind === 'cancel' && [verdict.killed, verdict.survivors];
    });
    expect(ends).toEqual(shells.each([2, []]));
  });
});

describe.skipIf(shells.areMissing)('the rescue folder', () => {
  test('is there, for its owner alone, and so are both names, whether or not anybody looks for a notice', async () => {
    const script = 'stat -c %a "$SPOT_RESCUE_DIR"; ls -A "$SPOT_RESCUE_DIR"; dirname "$SPOT_INTERRUPTION_FILE"\n';
    const found = await shells.onEach(async (surroundings) => {
      const run = start(await prepare({ script }, surroundings));
      run.sendArchive();
      const text = (await run.finish()).stdout.toString();
      return [text.replace(run.control, 'CONTROL'), run.session.hasRescue];
    });
    expect(found).toEqual(shells.each(['700\nCONTROL\n', false]));
  });

  test.each(['a file', '.hidden', '..odd'])('is told of where it holds %s', async (name) => {
    const script = `: >"$SPOT_RESCUE_DIR/${name}"\n`;
    const found = await shells.onEach(async (surroundings) => {
      const run = start(await prepare({ script }, surroundings));
      run.sendArchive();
      await run.finish();
      return run.session.hasRescue;
    });
    expect(found).toEqual(shells.each(true));
  });

  test('goes where the files folder is somebody else’s', async () => {
    const prepared = await prepare();
    const run = start(prepared, { mkdir: 'deploy', silent: true });
    await run.exit;
    expect([existsSync(run.control), readdirSync(run.deploy)]).toEqual([false, []]);
  });
});
