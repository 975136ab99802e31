import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/state/audit.ts';
import type { State } from '../../src/state/state.ts';
import { aDeployment } from './deployment-records.ts';
import { openedState, temporaryFolder } from './support.ts';

const FIRST = '2026-07-01T12:00:05.000Z';
const LATER = '2026-07-01T12:01:05.000Z';

function aState(): { readonly state: State; readonly clock: { iso: string } } {
  const clock = { iso: FIRST };
  return { clock, state: openedState(temporaryFolder(), { now: () => Date.parse(clock.iso) }) };
}

const TOKEN = { id: 'to-1', name: 'ci', hash: 'ab'.repeat(32) };

describe('tokens', () => {
  test('come back as they were made, used and revoked', () => {
    const { state, clock } = aState();
    expect(state.tokens.create(TOKEN)).toBe(true);
    expect(state.tokens.list()).toEqual([{ ...TOKEN, createdAt: FIRST, usedAt: null, revokedAt: null }]);
    clock.iso = LATER;
    state.tokens.used('to-1');
    expect(state.tokens.revoke('ci')).toBe(true);
    expect(state.tokens.list()).toEqual([{ ...TOKEN, createdAt: FIRST, usedAt: LATER, revokedAt: LATER }]);
  });

  test('are revoked once, and only by their name', () => {
    const { state, clock } = aState();
    state.tokens.create(TOKEN);
    expect([state.tokens.revoke('CI'), state.tokens.revoke('ci')]).toEqual([false, true]);
    clock.iso = LATER;
    expect(state.tokens.revoke('ci')).toBe(false);
    expect(state.tokens.list()[0]?.revokedAt).toBe(FIRST);
  });

  test('have names that are never used twice', () => {
    const { state } = aState();
    state.tokens.create(TOKEN);
    state.tokens.revoke('ci');
    expect(state.tokens.create({ ...TOKEN, id: 'to-2' })).toBe(false);
    expect(state.tokens.list()).toHaveLength(1);
  });
});

test('the audit shows the newest rows first, as many as are asked for', () => {
  const { state, clock } = aState();
  const entries = ['deploy', 'cancel', 'authorise'].map((what, number): AuditEntry => {
    return { who: 'ci', what, target: number === 1 ? null : 'i-1', requestId: `rq-${number}`, outcome: 'ok' };
  });
  for (const entry of entries) {
    state.audit.add(entry);
    clock.iso = LATER;
  }
  const [first, second, third] = entries;
  expect(state.audit.list(2)).toEqual([
    { ...third, at: LATER },
    { ...second, at: LATER },
  ]);
  expect(state.audit.list(10).at(-1)).toEqual({ ...first, at: FIRST });
});

test('deployments are counted by status', () => {
  const { state } = aState();
  expect([...state.deployments.counts()]).toEqual([]);
  state.deployments.insert([aDeployment('pl-1'), aDeployment('pl-2'), aDeployment('pl-3')], []);
  state.deployments.advance('pl-2', { status: 'executing' });
  expect(Object.fromEntries(state.deployments.counts())).toEqual({ pending: 2, executing: 1 });
});
