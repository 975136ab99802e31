import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../../../helpers/leaks.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { attach, prepare, runToEnd, start } from '../local-run.ts';
import { useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

/** Starts one process of each kind that is hard to end; `$1` is a number of seconds by which they are found again. */
const STUBBORN = `
own=$(command -v setsid)
sleep $1 &
(trap '' HUP; exec sleep $1 >/dev/null 2>&1) &
$own sleep $1 </dev/null >/dev/null 2>&1 &
(sh -c "sleep $1 & " &)
sh -c "trap '' TERM; sleep $1 & wait" &
sh -c "kill -STOP \\$\\$; sleep $1" &
(env -i PATH="$PATH" $own sleep $1 2>/dev/null &)
(env -i PATH="$PATH" $own sleep $1 >/dev/null &)
echo started
exec sleep $1
`;

/** The script, which has become a sleep, six more, and the two shells that wait or are stopped; one of these has another sleep. */
const STUBBORN_COUNT = 10;

/** Seconds for the sleeps of one run, which nobody else on this machine sleeps for. */
let next = 100_000 + (process.pid % 10_000) * 10;
const seconds = (): string => String((next += 1));

describe.skipIf(shells.areMissing)('a deadline', () => {
  test('ends all that a script has started, in whatever way, and counts it', { timeout: 30_000 }, async () => {
    const left = await shells.onEach(async (surroundings) => {
      const mark = seconds();
      const job = { args: [mark], executionTimeoutMs: 1500, killGraceMs: 1000 };
      const { verdict, stdout } = await runToEnd({ script: STUBBORN, job }, surroundings);
      return { verdict, stdout: stdout.toString(), alive: sleepers(mark) };
    });
    const verdict = { kind: 'deadline', by: '', killed: STUBBORN_COUNT, survivors: [] };
    expect(left).toEqual(shells.each({ verdict, stdout: 'started\n', alive: [] }));
  });

  test('gives a script that listens the time to clean up', async () => {
    const script = `trap 'echo cleaned up; exit 0' TERM; sleep 62 & wait\n`;
    const job = { executionTimeoutMs: 1000, killGraceMs: 5000 };
    const ended = await shells.onEach(async (surroundings) => {
      const { verdict, stdout } = await runToEnd({ script, job }, surroundings);
      return { verdict, stdout: stdout.toString() };
    });
    const verdict = { kind: 'deadline', by: '', killed: 2, survivors: [] };
    expect(ended).toEqual(shells.each({ verdict, stdout: 'cleaned up\n' }));
  });

  test('does not wait for the grace where nobody needs it', async () => {
    const job = { executionTimeoutMs: 1000, killGraceMs: 600_000 };
    const { verdict } = await runToEnd({ script: 'sleep 63\n', job });
    expect(verdict).toEqual({ kind: 'deadline', by: '', killed: 2, survivors: [] });
  });
});

describe.skipIf(shells.areMissing)('a cancelled run', () => {
  test('ends as by a deadline, and says who wanted it', async () => {
    const ended = await shells.onEach(async (surroundings) => {
      const run = start(await prepare({ script: 'echo begun; sleep 64\n' }, surroundings));
      run.sendArchive();
      run.session.follow();
      await waitFor('the script to speak', () => run.stdout.length > 0);
      run.session.cancel('Ctrl-C');
      return (await run.finish()).verdict;
    });
    expect(ended).toEqual(shells.each({ kind: 'cancel', by: 'Ctrl-C', killed: 2, survivors: [] }));
  });

  test('ends although it was cancelled before it had begun', async () => {
    const ended = await shells.onEach(async (surroundings) => {
      const run = start(await prepare({ script: 'sleep 65\n' }, surroundings));
      run.sendArchive();
      run.session.cancel('Ctrl-C');
      const { verdict } = await run.finish();
      return verdict.kind === 'cancel' && verdict.by === 'Ctrl-C' && verdict.survivors.length === 0;
    });
    expect(ended).toEqual(shells.each(true));
  });

  test('can be cancelled from another channel', async () => {
    const ended = await shells.onEach(async (surroundings) => {
      const prepared = await prepare({ script: 'sleep 66\n' }, surroundings);
      const run = start(prepared);
      run.sendArchive();
      await run.session.until('started');
      const second = attach(prepared);
      await second.session.until('started');
      second.session.cancel('stop');
      const { verdict } = await run.finish();
      return verdict.kind === 'cancel' && verdict.by;
    });
    expect(ended).toEqual(shells.each('stop'));
  });

  test('that has ended by itself before stays as it ended', async () => {
    const run = start(await prepare({ script: 'exit 5\n' }));
    run.sendArchive();
    await run.session.until('end');
    run.session.cancel('Ctrl-C');
    expect((await run.finish()).verdict).toEqual({ kind: 'exit', code: 5 });
  });
});

/** Command lines of all processes of this machine that sleep for so long, whoever their parent is. */
function sleepers(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(`/proc/${pid}/cmdline`))
    .filter((line) => line.includes(`sleep ${mark}`));
}

function commandLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
