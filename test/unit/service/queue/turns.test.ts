import { expect, test } from 'vitest';
import { Turns } from '../../../../src/service/queue/turns.ts';

test('the first key of a request has its turn at once, and the others come one behind the other', () => {
  const turns = new Turns();
  turns.passed(10);
  expect([turns.take('a'), turns.take('a'), turns.take('a'), turns.take('b')]).toEqual([null, 12, 13, null]);
});

test('a request comes behind its own last key, or behind the place that the queue is at', () => {
  const turns = new Turns();
  for (let count = 0; count < 5; count += 1) turns.take('a');
  turns.passed(3);
  expect(turns.take('a')).toBe(6);
  turns.passed(20);
  turns.passed(15);
  expect([turns.place, turns.take('a'), turns.take('a')]).toEqual([20, null, 22]);
});

test('requests that the queue has passed are forgotten, and those that it has not are remembered', () => {
  const turns = new Turns();
  for (let count = 0; count < 5; count += 1) turns.take('long');
  for (let request = 0; request < 5000; request += 1) turns.take(`request-${request}`);
  turns.passed(1);
  turns.take('one more');
  expect(turns.take('long')).toBe(6);
  expect(turns.remembered).toBe(2);
});
