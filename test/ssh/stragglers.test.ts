import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import type { StragglerAction } from '../../src/model/plan.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { clientOf, type RunUnderWay } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();
const isMissing = requireProgram('sshd') === null;

/** Takes long on the last instance, as one process of its own session and one more. */
const ONE_SLEEPS = 'echo begun; [ "$SPOT_INSTANCE_ID" = i-4 ] || exit 0\nsetsid sleep 83 >/dev/null 2>&1 & sleep 84\n';

async function fleetRun(action: StragglerAction): Promise<RunUnderWay & { pending: () => number }> {
  const fleet = await hosts.startMany(4);
  const plan = { stragglers: { after: { ms: 700 }, action } };
  const run = await clientOf(fleet).start({ script: ONE_SLEEPS, plan });
  return { ...run, pending: () => fleet.flatMap((host) => host.processes()).length };
}

const isStraggler = ({ type }: RunEvent): boolean => type === 'straggler';

describe.skipIf(isMissing)('one of four instances that takes much longer', () => {
  test('is ended over there with all it started, and the outcome says by which rule', async () => {
    const run = await fleetRun('stop');
    const { attempts, exitCode, running } = await run.result;
    expect(attempts.map(({ outcome }) => outcome.kind)).toEqual(['succeeded', 'succeeded', 'succeeded', 'cancelled']);
    expect([exitCode, running]).toEqual([2, []]);
    expect(attempts[3]?.outcome).toMatchObject({ error: { message: 'cancelled by straggler-rule' } });
    expect(attempts[3]?.evidence).toEqual([
      'killed 3 processes',
      expect.stringMatching(/^ran for \d+ ms, longer than 700 ms, with a median of \d+ ms$/),
    ]);
    expect(attempts[3]?.stdout.tail).toBe('begun\n');
    expect(run.events.filter(isStraggler)).toMatchObject([{ instanceId: 'i-4', action: 'stop', lastLine: 'begun' }]);
  });

  test('is only shown where nothing else was asked for', async () => {
    const run = await fleetRun('report');
    await run.saw('the straggler', isStraggler);
    run.cancel('Ctrl-C');
    const { attempts } = await run.result;
    expect(attempts[3]?.outcome).toMatchObject({ error: { message: 'cancelled by Ctrl-C' } });
    expect(run.events.filter(isStraggler)).toMatchObject([{ instanceId: 'i-4', action: 'report' }]);
  });
});
