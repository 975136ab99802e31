import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BootExit, program } from '../../../../src/remote/job.ts';
import { RunnerRefusal } from '../../../../src/run/runner-session.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { type LocalRun, type Prepared, prepare, type RunRequest, start, type Surroundings } from '../local-run.ts';
import { searchPathWith, useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

/** A script that leaves a trace if it is started. */
const TRACE = 'echo "$$" >> ran\n';

/** What stays where a runner has refused: nothing, in `leftovers`, and no trace of the script. */
interface Refused {
  readonly code: string;
  readonly message: string;
  readonly leftovers: readonly string[];
}

/** Sends an archive and waits for the refusal. */
async function refusal(run: LocalRun, archive = run.prepared.archive): Promise<Refused> {
  run.sendArchive(archive);
  const error = await run.session.until('started').then(
    () => new Error('it was started'),
    (reason: unknown) => reason,
  );
  await run.exit;
  if (!(error instanceof RunnerRefusal)) throw error;
  return { code: error.code, message: error.message, leftovers: leftovers(run) };
}

function leftovers(run: LocalRun): string[] {
  return [run.control, run.deploy, join(run.prepared.home, 'ran')].filter((path) => existsSync(path));
}

async function refusalOf(request: RunRequest, surroundings: Surroundings = {}): Promise<Refused> {
  return refusal(start(await prepare({ script: TRACE, ...request }, surroundings)));
}

describe.skipIf(shells.areMissing)('nothing is unpacked, nothing run and nothing left where', () => {
  test('one byte of the archive has changed on the way', async () => {
    const refused = await shells.onEach(async (surroundings) => {
      const prepared = await prepare({ script: TRACE }, surroundings);
      const archive = Buffer.from(prepared.archive);
      archive[100] = (archive[100] as number) ^ 1;
      const { code, message, leftovers: left } = await refusal(start(prepared), archive);
      return { code, digest: /^[0-9a-f]{64}$/.test(message) && message !== prepared.job.digest, left };
    });
    expect(refused).toEqual(shells.each({ code: 'digest-mismatch', digest: true, left: [] }));
  });

  test.each([
    ['before the program', (_: Prepared, run: LocalRun) => run.hangUp()],
    [
      'in the middle of the program',
      (prepared: Prepared, run: LocalRun) => cut(run, program(prepared.job, false).subarray(0, 3000)),
    ],
    ['after the program', (prepared: Prepared, run: LocalRun) => cut(run, program(prepared.job, false))],
    ['in the middle of the archive', cutInArchive],
  ])('the client goes away %s', async (_, goAway) => {
    const left = await shells.onEach(async (surroundings) => {
      const prepared = await prepare({ script: TRACE }, surroundings);
      const run = start(prepared, { silent: true });
      await run.session.until('hello');
      goAway(prepared, run);
      await run.exit;
      return leftovers(run);
    });
    expect(left).toEqual(shells.each([]));
  });

  test.each(['tar', 'gzip', 'sha256sum'])('the instance has no %s', async (tool) => {
    const tools = [
      'sh',
      'dd',
      'mkdir',
      'tar',
      'gzip',
      'sha256sum',
      'mv',
      'rm',
      'head',
      'tail',
      'wc',
      'sleep',
      'cat',
      'grep',
    ];
    const searchPath = searchPathWith(
      join(tempDir(), 'bin'),
      tools.filter((name) => name !== tool),
    );
    expect(await refusalOf({}, { searchPath })).toEqual({ code: 'no-tool', message: tool, leftovers: [] });
  });

  test.each([
    ['#!/opt/no/such/shell', '/opt/no/such/shell'],
    ['#!/usr/bin/env no-such-program', 'no-such-program'],
    ['#!/usr/bin/env -S A=b no-such-program -x', 'no-such-program'],
  ])('the instance has no interpreter for %s', async (line, program) => {
    const refused = await shells.onEach((surroundings) => refusalOf({ script: `${line}\n` }, surroundings));
    expect(refused).toEqual(shells.each({ code: 'no-interpreter', message: program, leftovers: [] }));
  });

  test('the script cannot be kept at the remote path', async () => {
    const remotePath = '/no/such/folder/script';
    const refused = await shells.onEach(async (surroundings) => {
      const { code, message, leftovers: left } = await refusalOf({ job: { remotePath } }, surroundings);
      return { code, message, left };
    });
    const message = 'there is no folder /no/such/folder; make it first';
    expect(refused).toEqual(shells.each({ code: 'remote-path', message, left: [] }));
  });

  test('the archive holds no files folder', async () => {
    const archive = spawnSync('tar', ['-cz', '-C', tempDir(), '.']).stdout;
    const digest = createHash('sha256').update(archive).digest('hex');
    const prepared = await prepare({ script: TRACE, job: { digest, sizeBytes: archive.byteLength } });
    const refused = await refusal(start(prepared), archive);
    expect(refused).toMatchObject({ code: 'unpack', leftovers: [] });
    expect(refused.message).toMatch(/^mv: .*No such file or directory$/);
  });
});

/** A root of its own mount namespace has a /tmp as small as it likes. */
const SMALL_TMP = ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=400k none /tmp && "$@"; ls -A /tmp >&2', 'sh'];
const mayMount = spawnSync(SMALL_TMP[0] as string, [...SMALL_TMP.slice(1), 'true']).status === 0;

describe.skipIf(shells.areMissing || !mayMount)('where /tmp is full', () => {
  test.each([
    ['the archive', randomText(600_000), 'no-space', /^dd: .*No space left on device$/],
    ['what is in it', '\n'.repeat(600_000), 'unpack', /^tar: .*(No space left on device|Wrote only \d+ of \d+ bytes)$/],
  ])('%s is refused, and nothing left', async (_, content, code, message) => {
    const files = join(tempDir(), 'files');
    mkdirSync(files);
    writeFileSync(join(files, 'large'), content);
    const run = start(await prepare({ script: TRACE, files }, { wrapper: SMALL_TMP }));
    const refused = await refusal(run);
    expect(refused).toEqual({ code, message: expect.stringMatching(message), leftovers: [] });
    expect(run.channelErrors).toBe('');
  });

  test('by the script itself, its end is still told', async () => {
    const script = 'cat /dev/zero > "$DEPLOY_FILES_DIR/fill"; exit 7\n';
    const run = start(await prepare({ script }, { wrapper: SMALL_TMP }));
    run.sendArchive();
    expect((await run.finish()).verdict).toEqual({ kind: 'exit', code: 7 });
  });
});

describe.skipIf(shells.areMissing)('at most once', () => {
  test('a script is started, however many starts race for it', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      const prepared = await prepare({ script: TRACE }, surroundings);
      const runs = [start(prepared), start(prepared), start(prepared)];
      for (const run of runs) run.sendArchive();
      const settled = await Promise.allSettled(runs.map((run) => run.session.until('started')));
      const winner = runs[settled.findIndex(({ status }) => status === 'fulfilled')] as LocalRun;
      await winner.finish();
      const codes = await Promise.all(runs.map(async (run) => (await run.exit).code));
      const starts = readFileSync(join(prepared.home, 'ran'), 'utf8').trim().split('\n').length;
      return { codes: codes.sort((a, b) => Number(a) - Number(b)), starts, deploy: existsSync(winner.deploy) };
    });
    expect(ends).toEqual(shells.each({ codes: [0, BootExit.mkdir, BootExit.mkdir], starts: 1, deploy: true }));
  });

  test.each(['control', 'deploy'] as const)(
    'a %s folder that is there already is refused and left alone',
    async (which) => {
      const run = start(await prepare({ script: TRACE }), { mkdir: which });
      onTestFinished(() => rmdirSync(run[which]));
      expect(await run.exit).toEqual({ code: BootExit.mkdir, signal: null });
      expect(leftovers(run)).toEqual([run[which]]);
      expect(readdirSync(run[which])).toEqual([]);
    },
  );
});

/** Says so much and goes away. */
function cut(run: LocalRun, bytes: Buffer): void {
  run.session.write(bytes);
  run.session.stdin.end(() => run.hangUp());
}

function cutInArchive({ job, archive }: Prepared, run: LocalRun): void {
  cut(run, Buffer.concat([program(job, false), Buffer.from('stream\n'), archive.subarray(0, archive.byteLength / 2)]));
}

/** Text that gets only a little smaller when it is compressed. */
function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
}
