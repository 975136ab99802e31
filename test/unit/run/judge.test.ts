import { describe, expect, test } from 'vitest';
import { isConfirmed, unconfirmed } from '../../../src/model/evidence.ts';
import { judgeChannelEnd, judgeRefusal, judgeVerdict } from '../../../src/run/judge.ts';
import { ChannelEnded, RunnerRefusal } from '../../../src/run/runner-session.ts';

const LIMITS = { executionTimeoutMs: 300_000, leaseMs: 30_000 };

test.each([
  [[], true],
  [['2 tries', 'killed 4 processes'], true],
  [['not confirmed that /tmp/.spot_1 was removed'], true],
  [['killed 4 processes', unconfirmed('pid 12 (root cron)')], false],
])('evidence %j says that all has ended: %s', (evidence, confirmed) => {
  expect(isConfirmed(evidence)).toBe(confirmed);
});

describe('a verdict of the runner', () => {
  test.each([
    [{ kind: 'exit', code: 0 }, { kind: 'succeeded' }, []],
    [{ kind: 'exit', code: 137 }, { kind: 'failed', exitCode: 137 }, []],
    [{ kind: 'copied' }, { kind: 'succeeded' }, []],
    [{ kind: 'signal', number: 9 }, { kind: 'killed', signal: 'SIGKILL' }, []],
    [{ kind: 'signal', number: 11 }, { kind: 'killed', signal: 'SIGSEGV' }, []],
    [{ kind: 'signal', number: 40 }, { kind: 'killed', signal: 'signal 40' }, []],
    [
      { kind: 'deadline', by: '', killed: 1, survivors: [] },
      {
        kind: 'timed-out',
        step: 'execute',
        error: {
          code: 'execution-timeout',
          message: 'the script was still running after 5m00s; give it more with --timeout',
        },
      },
      ['killed 1 process'],
    ],
    [
      { kind: 'disconnect', by: '', killed: 2, survivors: [] },
      {
        kind: 'cancelled',
        error: {
          code: 'client-gone',
          message: 'the instance had not heard from spot for 30 s and ended the script (--on-disconnect kill)',
        },
      },
      ['killed 2 processes'],
    ],
    [
      {
        kind: 'cancel',
        by: 'Ctrl-C',
        killed: 4,
        survivors: [
          { pid: 12, owner: 'root', command: 'cron' },
          { pid: 13, owner: 'bob', command: 'a b' },
        ],
      },
      { kind: 'cancelled', error: { code: 'cancelled', message: 'cancelled by Ctrl-C' } },
      ['killed 4 processes', 'not confirmed: pid 12 (root cron), pid 13 (bob a b)'],
    ],
    [
      { kind: 'unsupervised' },
      {
        kind: 'lost',
        step: 'execute',
        error: {
          code: 'runner-killed',
          message: 'the runner on the instance was killed, so nobody knows how the script ended',
        },
      },
      [],
    ],
  ] as const)('%j', (verdict, outcome, evidence) => {
    expect(judgeVerdict(verdict as Parameters<typeof judgeVerdict>[0], LIMITS)).toEqual({ outcome, evidence });
  });
});

describe('a refusal of the runner is a rejection', () => {
  test.each([
    ['no-tool', 'tar', 'tool-missing', 'the instance has no tar, which the runner needs; install it there'],
    ['no-interpreter', 'python3', 'interpreter-missing', 'the instance has no python3 to run the script with'],
    ['no-space', 'disk full', 'no-space', 'the archive could not be written to /tmp on the instance: disk full'],
    ['no-payload', '', 'upload-incomplete', 'the archive did not arrive on the instance'],
    [
      'digest-mismatch',
      'abc',
      'digest-mismatch',
      'the archive arrived damaged (SHA-256 on the instance: abc); nothing was unpacked or run',
    ],
    ['unpack', "tar: $& $'", 'unpack-failed', "the archive could not be unpacked on the instance: tar: $& $'"],
    ['remote-path', 'cp: no', 'remote-path', 'the script could not be kept where --remote-path says: cp: no'],
    ['void', '', 'not-started', 'the script was not started and will not be'],
    ['gone', '', 'upload-incomplete', 'the runner saw the connection end before the archive was complete'],
    ['news', 'of tomorrow', 'news', 'the runner refused: of tomorrow'],
    ['news', '', 'news', 'the runner refused: news'],
  ])('%s', (code, words, problem, message) => {
    const judgement = { outcome: { kind: 'rejected', error: { code: problem, message } }, evidence: [] };
    expect(judgeRefusal(new RunnerRefusal(code, words))).toEqual(judgement);
  });
});

describe('a channel that ends before its time', () => {
  test.each([
    [73, null, 'mkdir: no', 'remote-folder', 'no folder could be made in /tmp on the instance: mkdir: no'],
    [74, null, '', 'no-space', 'the runner could not be written to /tmp on the instance'],
    [
      1,
      null,
      'This account is disabled.',
      'no-shell',
      'the login shell on the instance ended with exit 1 before the runner could start: This account is disabled.',
    ],
    [
      null,
      'SIGKILL',
      '',
      'no-shell',
      'the login shell on the instance ended with SIGKILL before the runner could start',
    ],
  ])('with %s, %s and the words %j is a rejection', (code, signal, words, problem, message) => {
    expect(judgeChannelEnd(new ChannelEnded({ code, signal }, words, false), 'upload', true)).toEqual({
      outcome: { kind: 'rejected', error: { code: problem, message } },
      evidence: [],
    });
  });

  test.each(['execute', 'collect'] as const)('in %s is a loss', (step) => {
    expect(judgeChannelEnd(new ChannelEnded({ code: 137, signal: null }, 'Killed', true), step, true)).toEqual({
      outcome: {
        kind: 'lost',
        step,
        error: { code: 'runner-killed', message: "the runner's channel ended while the script ran: Killed" },
      },
      evidence: [],
    });
  });
});
