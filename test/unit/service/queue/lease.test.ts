import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Lease } from '../../../../src/service/queue/lease.ts';

const LEASE_MS = 300;

let answers: (boolean | Error)[] = [];
let renewals = 0;
let lost = 0;
let problems: unknown[] = [];
let lease: Lease;

beforeEach(() => {
  vi.useFakeTimers();
  [answers, renewals, lost, problems] = [[], 0, 0, []];
  lease = new Lease({
    clock: { now: () => Date.now() },
    options: { leaseMs: LEASE_MS, onProblem: (_message, error) => problems.push(error) },
    renew: () => {
      renewals += 1;
      const answer = answers.shift() ?? true;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onLost: () => (lost += 1),
  });
});

afterEach(() => {
  lease.end();
  vi.useRealTimers();
});

test('a lease is renewed three times in its time', () => {
  vi.advanceTimersByTime(LEASE_MS * 2);
  expect([renewals, lost, lease.isHeld]).toEqual([6, 0, true]);
});

test('a lease that somebody has taken is lost, once, and not asked for any more', () => {
  answers = [true, false];
  vi.advanceTimersByTime(LEASE_MS * 3);
  expect([renewals, lost, lease.isHeld]).toEqual([2, 1, false]);
});

test('two renewals may fail', () => {
  const error = new Error('locked');
  answers = [true, error, error, true];
  vi.advanceTimersByTime(LEASE_MS * 2);
  expect([lost, lease.isHeld, problems]).toEqual([0, true, [error, error]]);
});

test('a lease that cannot be renewed for as long as it holds is lost', () => {
  const error = new Error('locked');
  answers = [true, error, error, error];
  vi.advanceTimersByTime(LEASE_MS * 2);
  expect([renewals, lost, lease.isHeld]).toEqual([4, 1, false]);
});

test('after a halt it is asked for before anything is taken for held', () => {
  vi.setSystemTime(Date.now() + LEASE_MS * 10);
  answers = [false];
  expect([lease.isHeld, renewals, lost]).toEqual([false, 1, 1]);
});

test('a lease that was renewed by other means is not asked for', () => {
  vi.setSystemTime(Date.now() + LEASE_MS * 10);
  lease.renewed();
  expect([lease.isHeld, renewals]).toEqual([true, 0]);
});
