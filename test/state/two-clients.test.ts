import { expect, test } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Ledger } from '../../src/run/ledger.ts';
import { anInstance, aPlan, aResult } from './records.ts';
import { openedState, temporaryFolder } from './support.ts';

const SUCCEEDED: Outcome = { kind: 'succeeded' };
const CANCELLED: Outcome = { kind: 'cancelled', error: { code: 'cancelled', message: 'cancelled by spot-stop' } };
const LOST: Outcome = { kind: 'lost', step: 'execute', error: { code: 'link-lost', message: 'the link broke' } };

function aLedger(): Ledger {
  const { ledger } = openedState(temporaryFolder());
  ledger.runStarted(aPlan('r1', [anInstance('i-1')]));
  return ledger;
}

test('an attempt keeps its first result, of which the second client is told', () => {
  const ledger = aLedger();
  ledger.attemptFinished('r1', aResult('i-1', CANCELLED));
  const told = ledger.attemptFinished('r1', aResult('i-1', SUCCEEDED));
  expect(told).toMatchObject({ outcome: CANCELLED, stdout: { path: '/logs/out', bytes: 12, tail: '' } });
  expect(ledger.attempt('r1', 'i-1').result?.outcome).toEqual(CANCELLED);
});

test('an attempt may be found after it was lost', () => {
  const ledger = aLedger();
  ledger.attemptFinished('r1', aResult('i-1', LOST));
  expect(ledger.attemptFinished('r1', aResult('i-1', SUCCEEDED)).outcome).toEqual(SUCCEEDED);
  expect(ledger.attempt('r1', 'i-1').result?.outcome).toEqual(SUCCEEDED);
});

test('an attempt is not begun, nor tried again, once it has ended', () => {
  const ledger = aLedger();
  expect(ledger.stepStarted('r1', 'i-1', 'connect')).toBe(true);
  ledger.attemptFinished('r1', aResult('i-1', CANCELLED));
  expect(ledger.stepStarted('r1', 'i-1', 'upload')).toBe(false);
  expect(ledger.attemptRenewed('r1', 'i-1', '1_2')).toBe(false);
  expect(ledger.attempt('r1', 'i-1')).toMatchObject({ step: 'connect', stamp: '1782900000_100' });
});

test('an attempt is closed by another client only as long as it is what that client saw', () => {
  const ledger = aLedger();
  const seen = ledger.attempt('r1', 'i-1');
  expect(seen).toEqual({ stamp: '1782900000_100', step: null, startedAt: null, result: null });
  ledger.stepStarted('r1', 'i-1', 'connect');
  expect(ledger.attemptClosed('r1', aResult('i-1', CANCELLED), seen)).toBeNull();
  ledger.attemptRenewed('r1', 'i-1', '1_2');
  expect(ledger.attemptClosed('r1', aResult('i-1', CANCELLED), { stamp: seen.stamp })).toBeNull();
  expect(ledger.attemptClosed('r1', aResult('i-1', CANCELLED), { stamp: '1_2' })?.outcome).toEqual(CANCELLED);
});
