import { existsSync, readdirSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { FolderGone, RunnerRefusal } from '../../../../src/run/runner-session.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { sendSignal } from '../../../helpers/processes.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { attach, isAlive, type LocalRun, prepare, start } from '../local-run.ts';
import { useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

/** Says `0123456789` and `abc`, waits to be released, says `ABCDE` and `def` and ends with 3. */
const TALK = `
printf 0123456789; printf abc >&2
until [ -e go ]; do sleep 0.05; done
printf ABCDE; printf def >&2
exit 3
`;

/** Starts a run and waits until the script has said its first words. */
async function startTalk(surroundings: { searchPath: string }): Promise<LocalRun> {
  const run = start(await prepare({ script: TALK }, surroundings));
  run.sendArchive();
  run.session.follow();
  await waitFor('the first words', () => run.stdout.length === 10 && run.stderr.length === 3);
  return run;
}

describe.skipIf(shells.areMissing)('a script whose client is gone', () => {
  test('runs on, and whoever attaches later gets the rest', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      const run = await startTalk(surroundings);
      run.hangUp();
      await waitFor('the follower to go', () => !isAlive(followerOf(run)));
      run.release('go');
      await waitFor('the end', () => existsSync(join(run.control, 'result')));
      const second = attach(run.prepared, 10, 3);
      const { verdict, stdout, stderr } = await second.finish();
      return { verdict, stdout: stdout.toString(), stderr: stderr.toString(), offsets: second.offsets };
    });
    const verdict = { kind: 'exit', code: 3 };
    expect(ends).toEqual(shells.each({ verdict, stdout: 'ABCDE', stderr: 'def', offsets: [10, 3] }));
  });

  test('can be followed from anywhere, from the middle too, while it runs', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      const run = await startTalk(surroundings);
      run.hangUp();
      const fromMiddle = attach(run.prepared, 4, 0);
      fromMiddle.session.follow();
      await waitFor('what it said before', () => fromMiddle.stdout.length === 6);
      run.release('go');
      const { verdict, stdout, stderr } = await fromMiddle.finish();
      return { verdict, stdout: stdout.toString(), stderr: stderr.toString() };
    });
    const verdict = { kind: 'exit', code: 3 };
    expect(ends).toEqual(shells.each({ verdict, stdout: '456789ABCDE', stderr: 'abcdef' }));
  });

  test('tells two followers the same', async () => {
    const run = await startTalk({ searchPath: process.env['PATH'] ?? '' });
    const second = attach(run.prepared);
    await second.session.until('hello');
    run.release('go');
    for (const each of [run, second]) {
      each.session.follow();
      await each.session.until('end');
      expect([each.stdout.toString(), each.stderr.toString()]).toEqual(['0123456789ABCDE', 'abcdef']);
    }
    second.hangUp();
    await run.finish();
  });

  test('cannot be followed any more once somebody has the result, and says for how long the machine is up', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      const run = await startTalk(surroundings);
      run.release('go');
      await run.finish();
      const late: unknown = await attach(run.prepared)
        .session.until('end')
        .catch((error: unknown) => error);
      return late instanceof FolderGone && late.upMs > 0 && late.upMs <= uptime() * 1000;
    });
    expect(ends).toEqual(shells.each(true));
  });
});

describe.skipIf(shells.areMissing)('attaching before the start', () => {
  test('is the end of it: the script is never started, and nothing is left', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      const prepared = await prepare({ script: 'echo > ran\n' }, surroundings);
      const run = start(prepared);
      await run.session.until('ready');
      const second = attach(prepared);
      const refused = await second.session.until('end').catch((error: unknown) => error);
      run.sendArchive();
      const late = await run.session.until('started').catch((error: unknown) => error);
      await Promise.all([run.exit, second.exit]);
      const left = [run.control, run.deploy, join(prepared.home, 'ran')].filter(existsSync);
      return { refused: codeOf(refused), late: codeOf(late), left };
    });
    expect(ends).toEqual(shells.each({ refused: 'void', late: 'taken', left: [] }));
  });
});

describe.skipIf(shells.areMissing)('a runner whose supervisor is killed', () => {
  test('says that nobody knows how the script ends', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      // the alarm outlives its supervisor; it ends with the deadline
      const job = { executionTimeoutMs: 1000 };
      const run = start(await prepare({ script: 'sleep 2\n', job }, surroundings));
      run.sendArchive();
      await run.pidIn('session');
      sendSignal(await run.pidIn('supervisor'), 'SIGKILL');
      return (await run.finish()).verdict;
    });
    expect(ends).toEqual(shells.each({ kind: 'unsupervised' }));
  });

  test('says so too where somebody has removed its control directory', async () => {
    const run = start(await prepare({ script: 'rm -r "$(dirname "$0")"; sleep 1\n' }));
    run.sendArchive();
    expect((await run.finish()).verdict).toEqual({ kind: 'unsupervised' });
  });
});

function followerOf(run: LocalRun): number {
  const [name] = readdirSync(run.control).filter((entry) => entry.startsWith('follow.'));
  return Number(name?.split('.')[1]);
}

function codeOf(error: unknown): string {
  if (error instanceof RunnerRefusal) return error.code;
  throw error;
}
