import { describe, expect, test } from 'vitest';
import { configError } from '../../../src/model/errors.ts';
import {
  CancelledError,
  ControlGoneError,
  explain,
  InstanceGoneError,
  NoRoomError,
  NotReadyError,
} from '../../../src/run/explain.ts';
import { ChannelEnded, RunnerRefusal } from '../../../src/run/runner-session.ts';
import { ConnectError, LinkLostError } from '../../../src/transport/transport.ts';
import { DeadlineError } from '../../../src/util/deadline.ts';

const PROBLEM = { code: 'connection-refused', message: 'it refused' };
const LOST = new ChannelEnded({ code: null, signal: null }, '', true);
const BROKE = 'the connection broke in upload (reset)';
const UNKNOWN = 'nobody knows whether the script runs on';

describe('an instance that is gone', () => {
  const at = '2026-11-21T12:03:04.000Z';
  const fate = {
    instanceId: 'i-1',
    state: 'terminated',
    isReclaimed: true,
    at,
    reason: 'why',
    requestStatus: 'by-price',
  } as const;
  const missedAt = '2026-11-21T12:03:00.000Z';
  const known = [`missed since ${missedAt}`, `lost at ${at}`, 'why', 'spot request: by-price'];

  test.each([true, false])('is reclaimed where it was taken back, whether or not anything was sent: %s', (sent) => {
    expect(explain(new InstanceGoneError(fate, missedAt), { step: 'execute', sent })).toEqual({
      outcome: { kind: 'reclaimed', error: { code: 'reclaimed', message: 'the instance was taken back' } },
      evidence: [...(sent ? [] : ['nothing was started']), ...known],
    });
  });

  test('is lost or unreachable where somebody else has ended it', () => {
    const gone = new InstanceGoneError(
      { ...fate, isReclaimed: false, state: 'stopped', requestStatus: null },
      missedAt,
    );
    const evidence = known.slice(0, 3);
    const [sent, unsent] = [true, false].map((isSent) => explain(gone, { step: 'execute', sent: isSent }));
    const message = 'the instance is stopped';
    expect(sent).toEqual({
      outcome: {
        kind: 'lost',
        step: 'execute',
        error: { code: 'instance-gone', message: `${message}; nobody knows how far the script came` },
      },
      evidence,
    });
    expect(unsent).toEqual({
      outcome: { kind: 'unreachable', error: { code: 'instance-gone', message } },
      evidence: ['nothing was started', ...evidence],
    });
  });

  test('has no evidence where nobody says more', () => {
    const bare = { ...fate, at: null, reason: '', requestStatus: null };
    expect(explain(new InstanceGoneError(bare, missedAt), { step: 'execute', sent: true }).evidence).toEqual([
      `missed since ${missedAt}`,
    ]);
  });
});

describe('before the archive was sent', () => {
  test.each([
    [
      'a cancelled run',
      new CancelledError('Ctrl-C'),
      { kind: 'cancelled', error: { code: 'cancelled', message: 'cancelled by Ctrl-C' } },
      ['nothing was started'],
    ],
    ['no connection', new ConnectError('unreachable', PROBLEM), { kind: 'unreachable', error: PROBLEM }, []],
    ['a host that must not be used', new ConnectError('rejected', PROBLEM), { kind: 'rejected', error: PROBLEM }, []],
    [
      'a broken link',
      new LinkLostError('reset'),
      { kind: 'unreachable', error: { code: 'connection-lost', message: BROKE } },
      ['nothing was started'],
    ],
    [
      'a deadline',
      new DeadlineError(60_000),
      {
        kind: 'timed-out',
        step: 'upload',
        error: {
          code: 'upload-timeout',
          message: 'the upload took longer than 1m00s; give it more with --upload-timeout',
        },
      },
      ['nothing was started'],
    ],
    [
      'a refusal',
      new RunnerRefusal('no-interpreter', 'ruby'),
      {
        kind: 'rejected',
        error: { code: 'interpreter-missing', message: 'the instance has no ruby to run the script with' },
      },
      [],
    ],
    [
      'a setting that stands in the way',
      configError('key-missing', 'there is no key'),
      { kind: 'rejected', error: { code: 'key-missing', message: 'there is no key' } },
      [],
    ],
    [
      'anything else',
      new Error('open failed'),
      { kind: 'rejected', error: { code: 'refused-by-host', message: 'upload failed: open failed' } },
      ['nothing was started'],
    ],
    [
      'a channel that was closed over there',
      new ChannelEnded({ code: 73, signal: null }, 'no', true),
      {
        kind: 'rejected',
        error: { code: 'remote-folder', message: 'no folder could be made in /tmp on the instance: no' },
      },
      [],
    ],
  ])('%s', (_, error, outcome, evidence) => {
    expect(explain(error, { step: 'upload', sent: false })).toEqual({ outcome, evidence });
  });
});

describe('an instance that was waited for', () => {
  test('and did not become ready is timed out in the step it was at', () => {
    const error = new NotReadyError('locks', 180_000, 'apt-get (pid 812) holds /var/lib/dpkg/lock', null);
    const message = 'not ready after 3m00s: apt-get (pid 812) holds /var/lib/dpkg/lock; give it more with --wait-ready';
    expect(explain(error, { step: 'locks', sent: false })).toEqual({
      outcome: { kind: 'timed-out', step: 'locks', error: { code: 'not-ready', message } },
      evidence: ['nothing was started'],
    });
  });

  test.each([
    ['whom it did not answer', new ConnectError('unreachable', PROBLEM), 'unreachable', PROBLEM.code],
    ['whose host key nobody vouched for', new ConnectError('rejected', PROBLEM), 'rejected', PROBLEM.code],
    ['whose link broke', null, 'unreachable', 'connection-lost'],
  ] as const)('and could not be logged in to by one %s ends as the last try', (_, refusal, kind, code) => {
    expect(explain(new NotReadyError('connect', 1500, 'no', refusal), { step: 'connect', sent: false })).toEqual({
      outcome: { kind, error: { code, message: 'no' } },
      evidence: ['waited 1.5 s for it', 'nothing was started'],
    });
  });

  test('and has no room is rejected, with the numbers', () => {
    const error = new NoRoomError(9_000_000, { archive: 5_000_000, content: 20_000_000, total: 26_000_000 });
    const message =
      '/tmp on the instance has room for 9.0 MB, and the payload needs 26 MB (5.0 MB packed and 20 MB unpacked); ' +
      'make room there, or take a larger disk';
    expect(explain(error, { step: 'disk', sent: false })).toEqual({
      outcome: { kind: 'rejected', error: { code: 'no-space', message } },
      evidence: ['nothing was started'],
    });
  });
});

describe('once the archive was sent nobody knows the end of', () => {
  test.each([
    ['a broken link', new LinkLostError('reset'), 'upload', 'connection-lost', `${BROKE}; ${UNKNOWN}`],
    [
      'a channel that went with its link',
      LOST,
      'execute',
      'connection-lost',
      `the connection broke in execute (the host closed the connection); ${UNKNOWN}`,
    ],
    [
      'an instance that says nothing',
      new DeadlineError(340_000),
      'execute',
      'no-answer',
      `the instance did not answer within 5m40s; ${UNKNOWN}`,
    ],
    [
      'a folder that is gone',
      new ControlGoneError('/tmp/.spot_1', true),
      'connect',
      'control-gone',
      '/tmp/.spot_1 is not on the instance any more, which was started anew',
    ],
    [
      'a folder that is not there',
      new ControlGoneError('/tmp/.spot_1', false),
      'connect',
      'control-missing',
      '/tmp/.spot_1 is not on the instance: its script never started, or someone removed the folder',
    ],
    [
      'a host that must not be used any more',
      new ConnectError('rejected', PROBLEM),
      'execute',
      'connection-refused',
      `it refused; ${UNKNOWN}`,
    ],
    [
      'a host that cannot be reached any more',
      new ConnectError('unreachable', PROBLEM),
      'connect',
      'connection-refused',
      `it refused; ${UNKNOWN}`,
    ],
    [
      'a setting that stands in the way',
      configError('key-missing', 'there is no key'),
      'connect',
      'key-missing',
      `there is no key; ${UNKNOWN}`,
    ],
    [
      'a runner that was killed when it had all',
      new ChannelEnded({ code: null, signal: 'SIGKILL' }, '', true),
      'upload',
      'runner-killed',
      "the runner's channel ended before it could say that the script had started",
    ],
    ['anything else', new Error('odd'), 'execute', 'refused-by-host', 'execute failed: odd'],
  ] as const)('%s', (_, error, step, code, message) => {
    const judgement = { outcome: { kind: 'lost', step, error: { code, message } }, evidence: [] };
    expect(explain(error, { step, sent: true })).toEqual(judgement);
  });

  test('a run that was cancelled without an answer, which is cancelled all the same', () => {
    expect(explain(new CancelledError('SIGTERM'), { step: 'execute', sent: true })).toEqual({
      outcome: { kind: 'cancelled', error: { code: 'cancelled', message: 'cancelled by SIGTERM' } },
      evidence: ['not confirmed: the script may be running on'],
    });
  });
});
