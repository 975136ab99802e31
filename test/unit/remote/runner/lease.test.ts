import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../../../helpers/leaks.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { attach, prepare, start } from '../local-run.ts';
import { useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

const LEASE_MS = 3000;
/** Says so when it is told to end, and ends by itself when the file `go` is there. */
const WAITS = `trap 'echo told; exit 9' TERM; until [ -e go ]; do sleep 0.05; done; echo done\n`;

describe.skipIf(shells.areMissing)('a script with a lease', () => {
  test('is ended where no client has been heard for so long', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      const run = start(await prepare({ script: WAITS, job: { leaseMs: LEASE_MS } }, surroundings));
      run.sendArchive();
      await run.session.until('started');
      run.hangUp();
      await waitFor('the end', () => existsSync(join(run.control, 'result')), 2 * LEASE_MS);
      const { verdict, stdout } = await attach(run.prepared).finish();
      return { kind: verdict.kind, stdout: stdout.toString() };
    });
    expect(ends).toEqual(shells.each({ kind: 'disconnect', stdout: 'told\n' }));
  });

  test('goes on as long as a client asks for news', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      const run = start(await prepare({ script: WAITS, job: { leaseMs: LEASE_MS } }, surroundings));
      run.sendArchive();
      run.session.follow();
      await delay(2 * LEASE_MS);
      run.release('go');
      const { verdict, stdout } = await run.finish();
      return { verdict, stdout: stdout.toString() };
    });
    expect(ends).toEqual(shells.each({ verdict: { kind: 'exit', code: 0 }, stdout: 'done\n' }));
  });

  test('goes on without the client that left on purpose', async () => {
    const ends = await shells.onEach(async (surroundings) => {
      const run = start(await prepare({ script: WAITS, job: { leaseMs: LEASE_MS } }, surroundings));
      run.sendArchive();
      await run.session.until('started');
      run.session.release();
      await waitFor('the lease to be released', () => existsSync(join(run.control, 'released')));
      run.hangUp();
      await delay(2 * LEASE_MS);
      run.release('go');
      return (await attach(run.prepared).finish()).verdict;
    });
    expect(ends).toEqual(shells.each({ kind: 'exit', code: 0 }));
  });

  test('is not ended by it after its own end', async () => {
    const run = start(await prepare({ script: 'exit 4\n', job: { leaseMs: 1000 } }));
    run.sendArchive();
    await run.session.until('end');
    await delay(1500);
    expect((await run.finish()).verdict).toEqual({ kind: 'exit', code: 4 });
  });
});
