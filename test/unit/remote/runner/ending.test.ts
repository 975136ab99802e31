import { describe, expect, onTestFinished, test } from 'vitest';
import type { Verdict } from '../../../../src/remote/protocol.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { descendantsOf, sendSignal } from '../../../helpers/processes.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { isAlive, prepare, runToEnd, start } from '../local-run.ts';
import { useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

/** How scripts of one line end on every shell. */
function verdicts(lines: readonly string[]): Promise<Record<string, Verdict[]>> {
  return shells.onEach(async (surroundings) => {
    const ended: Verdict[] = [];
    for (const line of lines) ended.push((await runToEnd({ script: `${line}\n` }, surroundings)).verdict);
    return ended;
  });
}

describe.skipIf(shells.areMissing)('the runner tells', () => {
  test('exit codes, those of signals too', { timeout: 30_000 }, async () => {
    const codes = [0, 1, 126, 127, 128, 129, 137, 143, 255];
    const told = codes.map((code) => ({ kind: 'exit', code }));
    expect(await verdicts(codes.map((code) => `exit ${code}`))).toEqual(shells.each(told));
  });

  test('deaths by a signal from these', { timeout: 30_000 }, async () => {
    const signals = { HUP: 1, ABRT: 6, KILL: 9, USR1: 10, SEGV: 11, TERM: 15 };
    const told = Object.values(signals).map((number) => ({ kind: 'signal', number }));
    expect(await verdicts(Object.keys(signals).map((name) => `kill -${name} $$`))).toEqual(shells.each(told));
  });

  test('SIGINT and SIGPIPE as exit codes, because no shell has words for them', async () => {
    const told = [130, 141].map((code) => ({ kind: 'exit', code }));
    expect(await verdicts(['kill -INT $$', 'kill -PIPE $$'])).toEqual(shells.each(told));
  });

  test('a word that the script itself wrote to its stderr from a death', async () => {
    expect(await verdicts(['echo Killed >&2; exit 137'])).toEqual(shells.each([{ kind: 'exit', code: 137 }]));
  });

  test('an end although a daemon holds the outputs open, and leaves it alone', async () => {
    const script = 'sleep 61 & echo "$!"\n';
    const outcomes = await shells.onEach(async (surroundings) => {
      const { verdict, stdout } = await runToEnd({ script }, surroundings);
      const daemon = Number(stdout.toString());
      onTestFinished(() => void sendSignal(daemon, 'SIGKILL'));
      return { verdict, daemonLives: isAlive(daemon) };
    });
    expect(outcomes).toEqual(shells.each({ verdict: { kind: 'exit', code: 0 }, daemonLives: true }));
  });

  test('nothing before the end, however long nobody asks', async () => {
    const run = start(await prepare({ script: 'until [ -e go ]; do sleep 0.05; done; echo gone\n' }));
    run.sendArchive();
    await run.session.until('started');
    expect(run.session.has('end')).toBe(false);
    expect(descendantsOf(run.pid).length).toBeGreaterThan(0);
    await waitFor('the script', () => descendantsOf(run.pid).some(({ command }) => command.includes('script.sh')));
    run.release('go');
    expect((await run.finish()).stdout.toString()).toBe('gone\n');
  });
});
