import { describe, expect, test } from 'vitest';
import { explain } from '../../../src/run/explain.ts';
import { judgeRefusal } from '../../../src/run/judge.ts';
import { RunnerRefusal, type RunnerSession } from '../../../src/run/runner-session.ts';
import { SudoPassword } from '../../../src/run/sudo-password.ts';
import { Secret } from '../../../src/util/secret.ts';

const never = new AbortController().signal;
const WRONG = new RunnerRefusal(
  'sudo',
  'Sorry, try again. sudo: no password was provided sudo: 1 incorrect password attempt',
);

/** What sudo on an instance comes to. */
function session(proves: boolean | Error): RunnerSession {
  const until = (): Promise<void> => (proves instanceof Error ? Promise.reject(proves) : Promise.resolve());
  return { until, provesPassword: proves === true } as unknown as RunnerSession;
}

/** Who has been lent it, in order. */
function lender(password: SudoPassword) {
  const lent: string[] = [];
  const loans = new Map<string, Awaited<ReturnType<SudoPassword['lend']>>>();
  const ask = (label: string, signal = never): Promise<void> =>
    password.lend(label, signal).then((loan) => {
      lent.push(label);
      loans.set(label, loan);
    });
  const answer = async (label: string, proves: boolean | Error): Promise<void> => {
    loans.get(label)?.watch(session(proves));
    await new Promise(setImmediate);
  };
  return { lent, loans, ask, answer };
}

describe('a password for sudo', () => {
  test('goes to one instance, and once that has taken it, to all', async () => {
    const { lent, ask, answer } = lender(new SudoPassword(new Secret('x')));
    const all = Promise.all(['web-1', 'web-2', 'web-3'].map((label) => ask(label)));
    await new Promise(setImmediate);
    expect(lent).toEqual(['web-1']);
    await answer('web-1', true);
    await all;
    expect(lent).toEqual(['web-1', 'web-2', 'web-3']);
  });

  test('goes to no other instance once one has refused it, and they say so', async () => {
    const password = new SudoPassword(new Secret('x'));
    const { lent, ask, answer } = lender(password);
    await ask('web-1');
    const others = Promise.allSettled(['web-2', 'web-3'].map((label) => ask(label)));
    await answer('web-1', WRONG);
    const message = 'sudo on web-1 did not take the password, so that it was tried on no other instance';
    expect((await others).map((each) => (each as PromiseRejectedResult).reason as Error)).toMatchObject([
      { message },
      { message },
    ]);
    expect(lent).toEqual(['web-1']);
    expect(explain(password.refusal, { step: 'upload', sent: false })).toEqual({
      outcome: { kind: 'cancelled', error: { code: 'sudo-refused', message } },
      evidence: ['nothing was started'],
    });
  });

  test.each([
    ['wants none', false],
    ['says nothing any more', new Error('the link broke')],
  ])('is still unproven where an instance %s: the next one alone gets it', async (_, proves) => {
    const { lent, ask, answer } = lender(new SudoPassword(new Secret('x')));
    await ask('web-1');
    const others = Promise.all(['web-2', 'web-3'].map((label) => ask(label)));
    await answer('web-1', proves);
    expect(lent).toEqual(['web-1', 'web-2']);
    await answer('web-2', true);
    await others;
    expect(lent).toEqual(['web-1', 'web-2', 'web-3']);
  });

  test('does not wait for one that was cancelled before its turn, or that could not be reached', async () => {
    const { lent, loans, ask, answer } = lender(new SudoPassword(new Secret('x')));
    const gone = new AbortController();
    await ask('web-1');
    const cancelled = ask('web-2', gone.signal);
    const last = ask('web-3');
    gone.abort(new Error('cancelled'));
    loans.get('web-1')?.giveBack();
    await expect(cancelled).rejects.toThrow('cancelled');
    await last;
    expect(lent).toEqual(['web-1', 'web-3']);
    await answer('web-3', true);
  });
});

test.each([
  ['sudo: command not found', 'sudo-missing'],
  [
    '[sudo] password for ann: Sorry, try again. sudo: no password was provided sudo: 1 incorrect password attempt',
    'sudo-refused',
  ],
  ['sudo: Authentication failed, try again. sudo: maximum 3 incorrect authentication attempts', 'sudo-refused'],
  ['sudo: a password is required', 'sudo-password'],
  ['sudo: interactive authentication is required', 'sudo-password'],
  ['sudo: a terminal is required to read the password; either use the -S option', 'sudo-password'],
  ['sudo: sorry, you must have a tty to run sudo', 'sudo-tty'],
  ['sudo: unknown user: joe sudo: error initializing audit plugin sudoers_audit', 'sudo-user'],
  ["sudo: user 'joe' not found", 'sudo-user'],
  ['ann is not in the sudoers file.', 'sudo-not-allowed'],
  ["Sorry, user ann is not allowed to execute '/bin/sh -c x' as root on web-1.", 'sudo-not-allowed'],
  ["sudo: I'm sorry ann. I'm afraid I can't do that", 'sudo-not-allowed'],
  ['sudo: /etc/sudoers is world writable', 'sudo-failed'],
])('what sudo says: %s', (said, code) => {
  const { outcome, evidence } = judgeRefusal(new RunnerRefusal('sudo', said));
  expect(outcome).toMatchObject({ kind: 'rejected', error: { code } });
  expect(evidence).toEqual(['nothing was started']);
});
