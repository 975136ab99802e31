import { beforeEach, describe, expect, test } from 'vitest';
import type { Fate, InterruptionNotice } from '../../../src/model/fate.ts';
import { newInstance } from '../../../src/model/instance.ts';
import { CancelledError, InstanceGoneError } from '../../../src/run/explain.ts';
import { RunnerRefusal } from '../../../src/run/runner-session.ts';
import { Whereabouts } from '../../../src/run/whereabouts.ts';
import { openState } from '../../../src/state/state.ts';
import { LinkLostError } from '../../../src/transport/transport.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const BROKEN = new LinkLostError('reset');
const RUNNING: Fate = {
  instanceId: 'i-1',
  state: 'running',
  isReclaimed: false,
  at: null,
  reason: '',
  requestStatus: null,
};
const RECLAIMED: Fate = {
  ...RUNNING,
  state: 'terminated',
  isReclaimed: true,
  reason: 'Server.SpotInstanceTermination',
};

const START = Date.parse('2026-11-21T12:00:00Z');
const NOTICE: InterruptionNotice = { action: 'terminate', at: '2026-11-21T12:02:00Z' };

let now = START;
beforeEach(() => {
  now = START;
});

/** @param fates what is answered in turn, the last one again and again; an Error is thrown */
function scene(fates: readonly (Fate | Error | null)[] | null, interruption: InterruptionNotice | null = null) {
  const instance = newInstance('i-1', { source: 'ec2', region: 'us-east-1', publicIp: '10.0.0.1' });
  const state = openState(tempDir(), { clock: { now: () => now } });
  state.instances.add([instance]);
  const notices: string[] = [];
  const asked: number[] = [];
  const cancel = new AbortController();
  const whereabouts = new Whereabouts({
    target: { instance, host: { user: null, address: '10.0.0.1', port: null }, stamp: '1' },
    deps: {
      ledger: state.ledger,
      clock: { now: () => now },
      signal: cancel.signal,
      fates: fates && {
        of: async () => {
          asked.push(now - START);
          const answer = fates[Math.min(asked.length, fates.length) - 1] ?? null;
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
    },
    interruption: () => interruption,
    notice: (message) => notices.push(message),
  });
  const known = () => {
    const found = state.instances.find('i-1');
    state.close();
    return [found?.state, found?.stateReason];
  };
  return { whereabouts, notices, asked, cancel, known };
}

describe('an instance that does not answer', () => {
  test('is asked about at once, and then more and more rarely, but every few seconds', async () => {
    const { whereabouts, asked, known } = scene([RUNNING]);
    for (; now < START + 40_000; now += 500) expect(await whereabouts.ask(BROKEN)).toBe(null);
    expect(asked).toEqual([0, 1000, 3000, 7000, 15_000, 23_000, 31_000, 39_000]);
    expect(known()).toEqual(['running', null]);
  });

  test('is gone as soon as its source says so, and marked in the state, with when it was missed', async () => {
    const { whereabouts, known } = scene([RUNNING, RECLAIMED]);
    await whereabouts.ask(BROKEN);
    now += 1000;
    const gone = await whereabouts.ask(BROKEN);
    expect(gone).toBeInstanceOf(InstanceGoneError);
    expect(gone).toMatchObject({ fate: RECLAIMED, missedAt: '2026-11-21T12:00:00.000Z' });
    expect(known()).toEqual(['terminated', 'Server.SpotInstanceTermination']);
  });

  test('is not asked about where it speaks', async () => {
    const { whereabouts, asked } = scene([RECLAIMED]);
    expect(await whereabouts.ask(new RunnerRefusal('no-tool', 'tar'))).toBe(null);
    expect(asked).toEqual([]);
  });

  test('leaves open what nobody knows, and what keeps the answer away is said once', async () => {
    const { whereabouts, notices } = scene([new Error('no credentials'), null]);
    for (; now < START + 10_000; now += 1000) expect(await whereabouts.ask(BROKEN)).toBe(null);
    expect(notices).toEqual(['nobody could be asked what became of the instance: no credentials']);
  });

  test('is left alone by a run that is cancelled', async () => {
    const { whereabouts, cancel } = scene([new Error('slow')]);
    cancel.abort(new CancelledError('Ctrl-C'));
    await expect(whereabouts.ask(BROKEN)).rejects.toThrow('cancelled by Ctrl-C');
  });
});

describe('a notice', () => {
  test('means it shortly before its time, where nobody else can be asked', () => {
    const { whereabouts, known } = scene(null, NOTICE);
    expect(whereabouts.hopeEndsAt).toBe(START + 150_000);
    now = START + 89_999;
    expect(whereabouts.byNotice()).toBe(null);
    now += 1;
    expect(whereabouts.byNotice()?.fate).toMatchObject({ isReclaimed: true, state: 'terminated' });
    expect(known()).toEqual(['terminated', 'interruption notice: terminate at 2026-11-21T12:02:00Z']);
  });

  test('of a stop leaves the instance stopped', () => {
    const { whereabouts, known } = scene(null, { ...NOTICE, action: 'hibernate' });
    now = START + 120_000;
    whereabouts.byNotice();
    expect(known()[0]).toBe('stopped');
  });

  test('means nothing where the source says that the instance runs', async () => {
    const { whereabouts } = scene([RUNNING], NOTICE);
    await whereabouts.ask(BROKEN);
    now = START + 300_000;
    expect([whereabouts.byNotice(), whereabouts.hopeEndsAt]).toEqual([null, Infinity]);
  });
});

describe('a script that was killed', () => {
  test.each([
    [RECLAIMED, true],
    [{ ...RECLAIMED, isReclaimed: false }, false],
    [RUNNING, false],
    [new Error('no credentials'), false],
  ])('was so by the end of its instance where its source says %j', async (fate, isReclaimed) => {
    const { whereabouts } = scene([fate]);
    expect((await whereabouts.lookReclaimed()) !== null).toBe(isReclaimed);
  });

  test('is not looked into where the run is cancelled', async () => {
    const { whereabouts, cancel, asked } = scene([RECLAIMED]);
    cancel.abort(new CancelledError('Ctrl-C'));
    expect(await whereabouts.lookReclaimed()).toBe(null);
    expect(asked).toEqual([]);
  });
});
