import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../../../src/remote/job.ts';
import { RunnerRefusal } from '../../../../src/run/runner-session.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { sendSignal } from '../../../helpers/processes.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { attach, type LocalRun, prepare, runToEnd, start, type Surroundings } from '../local-run.ts';
import { searchPathWith, useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

/** All that the runner needs but for flock. */
const TOOLS = 'sh bash mkdir rmdir rm mv cp chmod cat dd tar gzip sha256sum head tail wc sleep grep date setsid'.split(
  ' ',
);

const WAITS = `until [ -e "$1" ]; do sleep 0.05; done\n`;

/** A home of its own, and flock, which Debian's busybox does not have. */
function withFlock(searchPath: string): Surroundings {
  const home = tempDir();
  return { home, searchPath: [searchPath, searchPathWith(join(home, 'bin'), ['flock'])].join(delimiter) };
}

/** An exclusive run whose script has started; it ends when the file `go` is there. */
async function startHolder(surroundings: Surroundings, job: Partial<Job> = {}): Promise<LocalRun> {
  const holder = 'run 1 of ann@laptop';
  const run = start(await prepare({ script: WAITS, job: { holder, args: ['go'], ...job } }, surroundings));
  run.sendArchive();
  await run.session.until('started');
  return run;
}

/** What becomes of a second exclusive run: its code and words where it is refused. */
async function tryToHold(surroundings: Surroundings): Promise<string> {
  const run = start(await prepare({ script: 'true\n', job: { holder: 'run 2 of bob@desk' } }, surroundings));
  run.sendArchive();
  try {
    await run.session.until('started');
    return (await run.finish()).verdict.kind;
  } catch (error) {
    if (!(error instanceof RunnerRefusal)) throw error;
    await run.exit;
    expect(existsSync(run.control)).toBe(false);
    return `${error.code} ${error.message}`;
  }
}

describe.skipIf(shells.areMissing)('an exclusive run', () => {
  test('is refused with the name of the holder, and runs once that has ended', async () => {
    const ends = await shells.onEach(async ({ searchPath }) => {
      const surroundings = withFlock(searchPath);
      const holder = await startHolder(surroundings);
      const refused = await tryToHold(surroundings);
      holder.release('go');
      await holder.finish();
      return [refused.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, 'TIME'), await tryToHold(surroundings)];
    });
    expect(ends).toEqual(shells.each(['locked run 1 of ann@laptop since TIME UTC', 'exit']));
  });

  test('is refused where the instance has no flock', async () => {
    const surroundings = { searchPath: searchPathWith(join(tempDir(), 'bin'), TOOLS) };
    expect(await tryToHold(surroundings)).toBe('no-tool flock');
  });

  test('does not hold up the others', async () => {
    const ends = await shells.onEach(async ({ searchPath }) => {
      const surroundings = withFlock(searchPath);
      const holder = await startHolder(surroundings);
      const { verdict } = await runToEnd({ script: 'exit 3\n' }, surroundings);
      holder.release('go');
      await holder.finish();
      return verdict;
    });
    expect(ends).toEqual(shells.each({ kind: 'exit', code: 3 }));
  });

  test('keeps its lock without its client, and until its script has ended', async () => {
    const ends = await shells.onEach(async ({ searchPath }) => {
      const surroundings = withFlock(searchPath);
      const holder = await startHolder(surroundings);
      holder.hangUp();
      const refused = (await tryToHold(surroundings)).split(' ')[0];
      holder.release('go');
      await waitFor('the end', () => existsSync(join(holder.control, 'result')));
      await holder.exit;
      const second = await tryToHold(surroundings);
      await attach(holder.prepared).finish();
      return [refused, second];
    });
    expect(ends).toEqual(shells.each(['locked', 'exit']));
  });

  test('leaves no lock behind where its supervisor and its script are killed', async () => {
    const ends = await shells.onEach(async ({ searchPath }) => {
      const surroundings = withFlock(searchPath);
      // the alarm outlives its supervisor; it ends with the deadline
      const holder = await startHolder(surroundings, { executionTimeoutMs: 2000 });
      for (const file of ['supervisor', 'session'] as const) sendSignal(await holder.pidIn(file), 'SIGKILL');
      await holder.finish();
      return tryToHold(surroundings);
    });
    expect(ends).toEqual(shells.each('exit'));
  });

  test('does not give its lock to what the script leaves behind', async () => {
    const home = tempDir();
    const script = '(until [ -e go ]; do sleep 0.05; done; exec rm go) >/dev/null 2>&1 &\n';
    const run = start(await prepare({ script, job: { holder: 'run 1 of ann@laptop' } }, { home }));
    run.sendArchive();
    await run.finish();
    const second = await tryToHold({ home });
    run.release('go');
    await waitFor('what was left behind to end', () => !existsSync(join(home, 'go')));
    expect(second).toBe('exit');
    expect(readFileSync(join(home, `.cache/spot/exclusive.${hostname()}`), 'utf8')).toContain('run 2 of bob@desk');
  });
});
