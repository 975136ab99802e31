import { describe, expect, test } from 'vitest';
import { isLinkLoss, isPassing, mayComeBack, wordsOf } from '../../../src/run/retry.ts';
import { ChannelEnded, RunnerRefusal } from '../../../src/run/runner-session.ts';
import { ConnectError, LinkLostError } from '../../../src/transport/transport.ts';
import { DeadlineError } from '../../../src/util/deadline.ts';

const unreachable = (code: string): ConnectError => new ConnectError('unreachable', { code, message: `it is ${code}` });
const lost = new LinkLostError('read ECONNRESET');
const cut = new ChannelEnded({ code: null, signal: null }, '', true);
const ended = new ChannelEnded({ code: 127, signal: null }, 'sh: not found', false);

describe('what is worth another try', () => {
  test.each<[string, unknown, { again: boolean; back: boolean; loss: boolean }]>([
    ['a refused connection', unreachable('connection-refused'), { again: true, back: true, loss: false }],
    ['a reset connection', unreachable('connection-reset'), { again: false, back: true, loss: false }],
    ['a host that hangs up', unreachable('connection-closed'), { again: false, back: true, loss: false }],
    ['no way to a host', unreachable('host-unreachable'), { again: true, back: true, loss: false }],
    ['a deadline that the user set', unreachable('connect-timeout'), { again: false, back: true, loss: false }],
    ['a name that nobody knows', unreachable('name-not-found'), { again: false, back: true, loss: false }],
    ['a refused login', unreachable('auth-failed'), { again: false, back: false, loss: false }],
    [
      'another host key',
      new ConnectError('rejected', { code: 'host-key-changed', message: '' }),
      { again: false, back: false, loss: false },
    ],
    ['a broken link', lost, { again: true, back: true, loss: true }],
    ['a channel that ends with the link', cut, { again: true, back: true, loss: true }],
    ['a channel that ends by itself', ended, { again: false, back: false, loss: false }],
    ['a refusal of the runner', new RunnerRefusal('unpack', ''), { again: false, back: false, loss: false }],
    ['an upload that took too long', new DeadlineError(60_000), { again: false, back: false, loss: false }],
  ])('%s', (_what, error, expected) => {
    expect({ again: isPassing(error), back: mayComeBack(error), loss: isLinkLoss(error) }).toEqual(expected);
  });

  test('the reason is given in a few words', () => {
    expect(wordsOf(unreachable('connection-refused'))).toBe('it is connection-refused');
    expect(wordsOf(lost)).toBe('read ECONNRESET');
    expect(wordsOf(cut)).toBe('the host closed the connection');
    expect(wordsOf(ended)).toBe('the login shell hung up');
  });
});
