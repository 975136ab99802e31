import { describe, expect, test } from 'vitest';
import type { PayloadCandidate, PayloadRecord } from '../../src/state/payloads.ts';
import type { State } from '../../src/state/state.ts';
import { aDeployment } from './deployment-records.ts';
import { anInstance, aPlan, aResult, NOW } from './records.ts';
import { openedState, temporaryFolder } from './support.ts';

const yes = () => true;

function aState(): State {
  return openedState(temporaryFolder());
}

function candidate(name: string, checksum: string): PayloadCandidate {
  return {
    name,
    checksum,
    payloadPath: `payloads/${checksum}.tar.gz`,
    checksumPath: `payloads/${checksum}.sha256`,
    payloadSize: 300,
  };
}

/** Adds versions of one name, and says what became of each: `new 1`. */
function addAll(state: State, name: string, checksums: readonly string[], keep = 100): string[] {
  return checksums.map((checksum) => {
    const added = state.payloads.add(candidate(name, checksum), keep, yes);
    return `${added?.change} ${added?.record.version}`;
  });
}

/** `deploy@1 a, deploy@2 b*`: the active ones have a star. */
function shown(records: readonly PayloadRecord[]): string {
  return records
    .map(({ name, version, checksum, isActive }) => `${name}@${version} ${checksum}${isActive ? '*' : ''}`)
    .join(', ');
}

/** A run that has not ended. */
function startRun(state: State, runId: string, digest: string): void {
  const plan = aPlan(runId, [anInstance('i-1')]);
  state.ledger.runStarted({ ...plan, payload: { ...plan.payload, digest } });
}

describe('a version', () => {
  test('gets the next number of its name and is the active one', () => {
    const state = aState();
    expect(addAll(state, 'deploy', ['a', 'b'])).toEqual(['new 1', 'new 2']);
    expect(addAll(state, 'report', ['a'])).toEqual(['new 1']);
    expect(shown(state.payloads.list())).toBe('deploy@1 a, deploy@2 b*, report@1 a*');
    expect(state.payloads.find('deploy', null)).toEqual({
      ...candidate('deploy', 'b'),
      version: 2,
      isActive: true,
      createdAt: NOW,
    });
    expect(state.payloads.find('deploy', 1)).toMatchObject({ version: 1, isActive: false });
    expect([state.payloads.find('deploy', 3), state.payloads.find('nope', null)]).toEqual([null, null]);
  });

  test('is a content: the same again is no new one, and an earlier one becomes active again', () => {
    const state = aState();
    expect(addAll(state, 'deploy', ['a', 'a', 'b', 'a', 'b', 'c'])).toEqual([
      'new 1',
      'none 1',
      'new 2',
      'reactivated 1',
      'reactivated 2',
      'new 3',
    ]);
    expect(shown(state.payloads.list())).toBe('deploy@1 a, deploy@2 b, deploy@3 c*');
  });

  test('is not registered where its files are not there', () => {
    const state = aState();
    expect(state.payloads.add(candidate('deploy', 'a'), 5, () => false)).toBeNull();
    expect(state.payloads.list()).toEqual([]);
  });

  test('leaves everything as it was where asking for its files fails', () => {
    const state = aState();
    addAll(state, 'deploy', ['a']);
    const broken = () => {
      throw new Error('disk');
    };
    expect(() => state.payloads.add(candidate('deploy', 'b'), 5, broken)).toThrow('disk');
    expect(shown(state.payloads.list())).toBe('deploy@1 a*');
  });

  test('can be made the active one again', () => {
    const state = aState();
    addAll(state, 'deploy', ['a', 'b']);
    expect(state.payloads.activate('deploy', 1)).toMatchObject({ version: 1, isActive: true });
    expect(state.payloads.activate('deploy', 9)).toBeNull();
    expect(shown(state.payloads.list())).toBe('deploy@1 a*, deploy@2 b');
  });
});

describe('old versions', () => {
  test('go when a new one comes, oldest first', () => {
    const state = aState();
    addAll(state, 'deploy', ['a', 'b', 'c']);
    const added = state.payloads.add(candidate('deploy', 'd'), 2, yes);
    expect(shown(added?.pruned ?? [])).toBe('deploy@1 a, deploy@2 b');
    expect(shown(state.payloads.list())).toBe('deploy@3 c, deploy@4 d*');
  });

  test('go from one name, or from all; the active one stays however old it is', () => {
    const state = aState();
    addAll(state, 'deploy', ['a', 'b', 'c']);
    addAll(state, 'report', ['x', 'y', 'z']);
    state.payloads.activate('deploy', 1);
    expect(shown(state.payloads.prune(2, 'deploy'))).toBe('deploy@2 b');
    expect(shown(state.payloads.prune(1, null))).toBe('deploy@3 c, report@1 x, report@2 y');
    expect(shown(state.payloads.list())).toBe('deploy@1 a*, report@3 z*');
    expect(state.payloads.prune(1, null)).toEqual([]);
  });

  test('stay as long as a run of them has not ended', () => {
    const state = aState();
    addAll(state, 'deploy', ['a', 'b', 'c']);
    startRun(state, 'r1', 'a');
    expect(shown(state.payloads.prune(1, null))).toBe('deploy@2 b');
    expect([...state.payloads.digestsInUse()].sort()).toEqual(['a', 'c']);
    state.ledger.attemptFinished('r1', aResult('i-1', { kind: 'succeeded' }));
    state.ledger.runEnded('r1', NOW);
    expect(shown(state.payloads.prune(1, null))).toBe('deploy@1 a');
  });
});

describe('removing', () => {
  test('takes one version, or all of a name', () => {
    const state = aState();
    addAll(state, 'deploy', ['a', 'b', 'c']);
    addAll(state, 'report', ['a']);
    expect(shown(state.payloads.remove('deploy', 1))).toBe('deploy@1 a');
    expect(shown(state.payloads.remove('deploy', null))).toBe('deploy@2 b, deploy@3 c*');
    expect(state.payloads.remove('deploy', null)).toEqual([]);
    expect(shown(state.payloads.list())).toBe('report@1 a*');
  });

  test('takes the active version only where it is the last one', () => {
    const state = aState();
    addAll(state, 'deploy', ['a', 'b']);
    expect(() => state.payloads.remove('deploy', 2)).toThrow(
      'deploy@2 is the active version of deploy; first activate another one with: spot payload activate deploy@<version>',
    );
    state.payloads.remove('deploy', 1);
    expect(shown(state.payloads.remove('deploy', 2))).toBe('deploy@2 b*');
  });

  test('takes nothing at all where a run needs one of the versions', () => {
    const state = aState();
    addAll(state, 'deploy', ['a', 'b']);
    startRun(state, 'r1', 'b');
    const refusal = 'deploy@2 is used by run r1, which has not ended; end it with: spot stop r1';
    expect(() => state.payloads.remove('deploy', null)).toThrow(refusal);
    expect(shown(state.payloads.list())).toBe('deploy@1 a, deploy@2 b*');
    expect(shown(state.payloads.remove('deploy', 1))).toBe('deploy@1 a');
  });
});

test('the digests in use are those of all versions and of unfinished runs, also under the lock', () => {
  const state = aState();
  addAll(state, 'deploy', ['a', 'b']);
  startRun(state, 'r1', 'c');
  expect([...state.payloads.digestsInUse()].sort()).toEqual(['a', 'b', 'c']);
  expect(state.payloads.whileLocked((inUse) => [...inUse].sort())).toEqual(['a', 'b', 'c']);
});

test('a version stays as long as a deployment waits for its instance, which has no run yet', () => {
  const state = aState();
  const digest = 'a1'.repeat(32);
  addAll(state, 'deploy', [digest, 'b', 'c']);
  const { order } = aDeployment('');
  const waiting = aDeployment('pl-1', { order: { ...order, payload: { name: 'deploy', version: 1, digest } } });
  const bare = aDeployment('pl-2', { order: { ...order, payload: null } });
  state.deployments.insert([waiting, bare], []);
  expect(shown(state.payloads.prune(1, null))).toBe('deploy@2 b');
  const refusal =
    'deploy@1 is used by the deployment pl-1, which waits for its instance; cancel it at the service, or wait';
  expect(() => state.payloads.remove('deploy', 1)).toThrow(refusal);
  expect([...state.payloads.digestsInUse()].sort()).toEqual([digest, 'c'].sort());
  const nothing = { executed: false, executionMs: null, output: '', errorOutput: '', problem: null } as const;
  state.deployments.finish('pl-1', { status: 'completed', ...nothing });
  expect([...state.payloads.digestsInUse()].sort()).toEqual([digest, 'c'].sort());
  expect(shown(state.payloads.remove('deploy', 1))).toBe(`deploy@1 ${digest}`);
  expect([...state.payloads.digestsInUse()]).toEqual(['c']);
});
