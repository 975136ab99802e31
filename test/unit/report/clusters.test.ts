import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttemptResult } from '../../../src/model/attempt.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { type Cluster, clusterAttempts } from '../../../src/report/clusters.ts';
import { createFingerprint } from '../../../src/report/fingerprint.ts';
import { anAttempt, anInstance, anOutput } from './events.ts';
import { arbitraryMasked, arbitraryTempPath } from './masked.ts';

const FAILED: Outcome = { kind: 'failed', exitCode: 100 };
const SUCCEEDED: Outcome = { kind: 'succeeded' };

function failed(name: string, stderr: string, outcome: Outcome = FAILED): AttemptResult {
  return anAttempt(anInstance(`i-${name}`, name), outcome, { stderr: anOutput('/logs/err', stderr) });
}

function succeeded(name: string, stdout: string, bytes?: number): AttemptResult {
  return anAttempt(anInstance(`i-${name}`, name), SUCCEEDED, { stdout: anOutput('/logs/out', stdout, bytes) });
}

function unreachable(name: string, address: string, sentence: string): AttemptResult {
  const error = { code: 'connection-refused', message: `${address}:22 ${sentence}` };
  return anAttempt(anInstance(`i-${name}`, name), { kind: 'unreachable', error }, { address, stdout: anOutput(null) });
}

/** Its members' names, by headline. */
function membership(clusters: readonly Cluster[]): string[][] {
  return clusters.map(({ members }) => members.map(({ name }) => name ?? '').sort());
}

describe('clusterAttempts', () => {
  it('puts together what failed in the same way, the largest first, with a line that says how', () => {
    const lock = (pid: number): string =>
      `Reading package lists...\nE: Could not get lock /var/lib/dpkg/lock. It is held by process ${pid} (apt-get)\n` +
      'E: Unable to lock the administration directory (/var/lib/dpkg/), are you root?\n';
    const attempts = [
      failed('web-7', 'cp: error writing /opt/app/x: No space left on device\n'),
      ...['web-1', 'web-2', 'web-3'].map((name) => succeeded(name, 'done\n')),
      failed('web-4', lock(813)),
      failed('web-5', lock(20_412)),
    ];
    const clusters = clusterAttempts(attempts);
    expect(clusters.map(({ kind, members, isExact }) => [kind, members.length, isExact])).toEqual([
      ['succeeded', 3, true],
      ['failed', 2, false],
      ['failed', 1, true],
    ]);
    expect(clusters.map(({ headline }) => headline)).toEqual([
      'done',
      'E: Could not get lock /var/lib/dpkg/lock. It is held by process 813 (apt-get)',
      'cp: error writing /opt/app/x: No space left on device',
    ]);
  });

  it('keeps apart what has another exit code, another status, another file, another number of packages', () => {
    const apart = [
      failed('a', 'E: no such package\n'),
      failed('b', 'E: no such package\n', { kind: 'failed', exitCode: 1 }),
      failed('c', 'E: no such file\n'),
      failed('d', 'HTTP error 404\n'),
      failed('e', 'HTTP error 503\n'),
      failed('f', 'ORA-01555 error\n'),
      failed('g', 'ORA-01556 error\n'),
      failed('h', '/etc/hosts: Permission denied\n'),
      failed('i', '/etc/passwd: Permission denied\n'),
      failed('j', '', { kind: 'killed', signal: 'SIGKILL' }),
      failed('k', '', { kind: 'killed', signal: 'SIGSEGV' }),
      succeeded('l', '3 packages\n'),
      succeeded('m', '4 packages\n'),
    ];
    expect(clusterAttempts(apart)).toHaveLength(apart.length);
  });

  it('says of a problem what it is, without the instance', () => {
    const attempts = [
      unreachable('web-1', '10.0.0.1', 'refused the connection; is sshd running there, on that port?'),
      unreachable('web-2', '10.0.0.12', 'refused the connection; is sshd running there, on that port?'),
      unreachable('web-3', '10.0.0.3', 'did not answer within 10 s; is it up?'),
    ];
    expect(clusterAttempts(attempts).map(({ headline, members }) => [headline, members.length])).toEqual([
      ['<instance> refused the connection; is sshd running there, on that port?', 2],
      ['<instance> did not answer within 10 s; is it up?', 1],
    ]);
  });

  it('calls outputs the same only where every byte of them is', () => {
    const both = (one: AttemptResult, other: AttemptResult, digests?: ReadonlyMap<string, string>): unknown =>
      clusterAttempts([one, other], digests).map(({ members, isExact }) => [members.length, isExact]);
    expect(both(succeeded('a', 'at 10:20:30\n'), succeeded('b', 'at 10:20:30\n'))).toEqual([[2, true]]);
    expect(both(succeeded('a', 'at 10:20:30\n'), succeeded('b', 'at 10:20:31\n'))).toEqual([[2, false]]);
    expect(both(succeeded('a', 'done\n'), succeeded('b', 'done'))).toEqual([[2, false]]);
    const [a, b] = [succeeded('a', 'done\n', 9000), succeeded('b', 'done\n', 9000)];
    expect(both(a, b)).toEqual([[2, false]]);
    const digests = (one: string, other: string) =>
      new Map([
        ['i-a', one],
        ['i-b', other],
      ]);
    expect(both(a, b, digests('x', 'x'))).toEqual([[2, true]]);
    expect(both(a, b, digests('x', 'y'))).toEqual([[2, false]]);
    // one byte each that is no UTF-8, which is three bytes as a character
    expect(both(succeeded('a', '\uFFFD', 3), succeeded('b', '\uFFFD', 3))).toEqual([[2, false]]);
  });
});

describe('the headline', () => {
  const of = (stderr: string): string | undefined => clusterAttempts([failed('web-1', stderr)])[0]?.headline;

  it.each([
    ['the last line where none speaks of an error', 'one\ntwo\n\n', 'two'],
    ['the last one that does', 'error: old\nfetching\nfatal: no branch\nbye\n', 'fatal: no branch'],
    ['the first of those that belong together', 'ok\nE: no lock\nE: giving up\n', 'E: no lock'],
    [
      'what Python raised',
      'Traceback (most recent call last):\n  File "x.py", line 1\n    raise KeyError(1)\nKeyError: 1\n',
      'KeyError: 1',
    ],
    ['not the frame of make', 'x.c:1: error: no x\n  int x\n    ^\nmake: *** [all] Error 1\n', 'x.c:1: error: no x'],
    ['not what a progress bar has overwritten', '10%\r50%\rfailed at 50%\n', 'failed at 50%'],
    ['without colours', '\u001B[31merror:\u001B[0m no disk\n', 'error: no disk'],
    ['the exit code where nothing was said', '', 'exit 100, without a word'],
  ])('is %s', (_, stderr, headline) => {
    expect(of(stderr)).toBe(headline);
  });
});

/** A line with places for what is masked. */
const TEMPLATES = [
  'error: cannot reach @, giving up',
  'fatal: @ failed after @ on @',
  'E: no such thing: @',
  '@ error in @.',
  'fail (@)',
];

describe('clusters', () => {
  const anyFailure = fc.record({ template: fc.nat(TEMPLATES.length - 1), exitCode: fc.integer({ min: 1, max: 3 }) });
  const fill = (template: string, values: readonly string[]): string => {
    let next = 0;
    return template.replaceAll('@', () => values[next++ % values.length] as string);
  };

  it('do not change with the order of the attempts', () => {
    const anyAttempt = fc.tuple(anyFailure, fc.array(arbitraryMasked(), { minLength: 3, maxLength: 3 }));
    fc.assert(
      fc.property(
        fc
          .array(anyAttempt, { maxLength: 30 })
          .chain((list) =>
            fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
          ),
        ([list, order]) => {
          const attempts = list.map(([{ template, exitCode }, values], index) =>
            failed(`web-${index}`, fill(TEMPLATES[template] as string, values), { kind: 'failed', exitCode }),
          );
          const shuffled = order.map((index) => attempts[index] as AttemptResult);
          expect(clusterAttempts(shuffled)).toEqual(clusterAttempts(attempts));
        },
      ),
    );
  });

  it('do not change with what is masked', () => {
    const values = () => fc.array(arbitraryMasked(), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyFailure, values(), values()), { maxLength: 20 }), (list) => {
        const attemptsWith = (pick: 1 | 2): AttemptResult[] =>
          list.map(([{ template, exitCode }, ...sets], index) =>
            failed(`web-${index}`, fill(TEMPLATES[template] as string, sets[pick - 1] as string[]), {
              kind: 'failed',
              exitCode,
            }),
          );
        const expected = membership(clusterAttempts(attemptsWith(1)));
        expect(membership(clusterAttempts(attemptsWith(2)))).toEqual(expected);
        const classes = new Set(list.map(([{ template, exitCode }]) => `${template} ${exitCode}`));
        expect(expected).toHaveLength(classes.size);
      }),
      { numRuns: 500 },
    );
  });

  it('do not change with what is made up below /tmp', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTempPath(), { minLength: 1, maxLength: 9 }), (paths) => {
        const attempts = paths.map((path, index) => failed(`web-${index}`, `error: ${path}/x is gone`));
        const kinds = new Set(paths.map((path) => path.slice(0, 9)));
        expect(clusterAttempts(attempts)).toHaveLength(kinds.size);
      }),
    );
  });

  it('do not change with the names of the instances, wherever they stand', () => {
    const aName = fc.stringMatching(/^[a-z]{1,8}-?[0-9]{1,3}$/);
    const names = fc.uniqueArray(aName, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(names, (list) => {
        const attempts = list.map((name) =>
          failed(name, `${name}: error: ubuntu@${name}.example.com:22 is "${name}".`),
        );
        expect(clusterAttempts(attempts)).toHaveLength(1);
      }),
    );
  });
});

describe('the fingerprint', () => {
  const fingerprint = createFingerprint([anAttempt(anInstance('i-1', 'web server 1'), SUCCEEDED)]);

  it.each([
    ['E: Could not get lock /var/lib/dpkg/lock-frontend', 'E: Could not get lock /var/lib/dpkg/lock-frontend'],
    ['rm: /tmp/deploy_files_20261121T062139622000_6341/conf/app.ini', 'rm: /tmp/deploy_files_#_#/conf/app.ini'],
    ['cat /tmp/install.log', 'cat /tmp/install.log'],
    ['open /srv/app/releases/20261121/current', 'open /srv/app/releases/#/current'],
    ['get http://10.0.0.1:8080/health failed', 'get http://#/health failed'],
    ['exit 3, status 404, 5 files', 'exit 3, status 404, 5 files'],
    ['std::string and Foo::Bar', 'std::string and Foo::Bar'],
    ['on web server 1', 'on #'],
    ['line 12: x: not found', 'line 12: x: not found'],
    ['a fed cafe defaced', 'a fed cafe defaced'],
  ])('of %j is %j', (text, masked) => {
    expect(fingerprint(text)).toBe(masked);
  });
});
