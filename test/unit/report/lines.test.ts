import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import { createLines } from '../../../src/report/lines.ts';
import type { LinesOptions } from '../../../src/report/lines.ts';
import { plainPainter } from '../../../src/report/painter.ts';
import { aPlan, anAttempt, anInstance, at, aWriter, REFUSED, SUCCEEDED } from './events.ts';

const WEB_1 = anInstance('i-1', 'web-1');
const WEB_20 = anInstance('i-20', 'web-20');

function linesOf(events: readonly RunEvent[], detail: LinesOptions['detail'] = 'normal'): string {
  const writer = aWriter();
  const report = createLines({ writer, painter: plainPainter, detail });
  for (const event of events) report.emit(event);
  void report.close();
  return writer.text();
}

const RUN: readonly RunEvent[] = [
  at.runStarted(aPlan([WEB_1, WEB_20])),
  at.attemptStarted(0, 'i-1'),
  at.step(0, 'i-1', 'connect'),
  at.step(85, 'i-1', 'upload'),
  at.uploaded(200, 'i-1', 60_000, 110_000),
  at.uploaded(380, 'i-1', 110_000, 110_000),
  at.step(385, 'i-1', 'execute'),
  at.output(400, 'i-1', 'Reading package lists\nDone'),
  at.output(401, 'i-1', 'E: no such package\n', 'stderr'),
  at.attemptStarted(401, 'i-20'),
  at.step(401, 'i-20', 'connect'),
  at.finished(500, anAttempt(WEB_20, REFUSED, { steps: [{ name: 'connect', ms: 99, bytes: 0 }] })),
  at.finished(4200, anAttempt(WEB_1, { kind: 'failed', exitCode: 3 })),
];

describe('plain lines', () => {
  it('say what happens, with the instance in front', () => {
    expect(linesOf(RUN)).toBe(
      [
        'run r-1: 2 instances, 110 KB to each',
        'web-1   connected',
        'web-1   uploaded 110 KB in 300 ms',
        'web-1  | Reading package lists',
        'web-1  ! E: no such package',
        'web-20  unreachable: 10.0.0.1:22 refused the connection: check that sshd runs there (99 ms)',
        'web-1  | Done',
        'web-1   failed: exit 3 (4.2 s)',
        '',
      ].join('\n'),
    );
  });

  it.each(['normal', 'quiet'] as const)('say of a run that is taken up that nothing is sent (%s)', (detail) => {
    const events: readonly RunEvent[] = [
      { type: 'run-started', at: 0, plan: aPlan([WEB_1]), takenUp: true },
      at.notice(1, 'i-1', 'it lets nobody in'),
    ];
    const heading = detail === 'quiet' ? '' : 'run r-1: 1 instance to take up\n';
    expect(linesOf(events, detail)).toBe(`${heading}web-1  note: it lets nobody in\n`);
  });

  it('say nothing but what did not succeed when quiet', () => {
    const success = at.finished(5000, anAttempt(anInstance('i-3', 'web-3'), SUCCEEDED));
    expect(linesOf([...RUN, at.notice(1, null, 'something'), success], 'quiet')).toBe(
      [
        'web-20  unreachable: 10.0.0.1:22 refused the connection: check that sshd runs there (99 ms)',
        'web-1   failed: exit 3 (4.2 s)',
        '',
      ].join('\n'),
    );
  });

  it('add every step and its time when verbose', () => {
    expect(linesOf(RUN, 'verbose')).toBe(
      [
        'run r-1: 2 instances, 110 KB to each',
        'web-1   connecting',
        'web-1   connected in 85 ms',
        'web-1   uploading',
        'web-1   uploaded 110 KB in 300 ms',
        'web-1   executing',
        'web-1  | Reading package lists',
        'web-1  ! E: no such package',
        'web-20  connecting',
        'web-20  unreachable: 10.0.0.1:22 refused the connection: check that sshd runs there (99 ms; connect 99 ms)',
        'web-1  | Done',
        'web-1   failed: exit 3 (4.2 s; connect 85 ms, upload 300 ms (110 KB), execute 3.8 s)',
        '',
      ].join('\n'),
    );
  });

  it('keep evidence with the outcome it proves', () => {
    const outcome = {
      kind: 'timed-out',
      step: 'execute',
      error: { code: 'execution-timeout', message: 'the script ran longer than 5m00s' },
    } as const;
    const result = anAttempt(WEB_1, outcome, { evidence: ['killed 4 processes'], steps: [] });
    expect(linesOf([at.runStarted(aPlan([WEB_1])), at.finished(9, result)])).toContain(
      'web-1  timed out: the script ran longer than 5m00s (killed 4 processes)\n',
    );
  });

  it('say when a copy was the last thing to do', () => {
    const events = [at.step(0, 'i-1', 'connect'), at.step(10, 'i-1', 'upload'), at.uploaded(20, 'i-1', 110_000)];
    const result = anAttempt(WEB_1, SUCCEEDED, { steps: [] });
    expect(linesOf([at.runStarted(aPlan([WEB_1])), ...events, at.finished(1010, result)])).toBe(
      'run r-1: 1 instance, 110 KB to each\nweb-1  connected\nweb-1  uploaded 110 KB in 1.0 s\nweb-1  succeeded\n',
    );
  });

  it('say how much was sent where the rest was there', () => {
    const events = [at.step(0, 'i-1', 'upload'), at.uploaded(20, 'i-1', 5000), at.step(40, 'i-1', 'execute')];
    expect(linesOf([at.runStarted(aPlan([WEB_1])), ...events])).toContain('web-1  sent 5.0 KB of 110 KB in 40 ms\n');
  });

  it('do not call a step done that is taken again', () => {
    const events = [
      at.step(0, 'i-1', 'connect'),
      at.step(10, 'i-1', 'upload'),
      at.step(20, 'i-1', 'connect'),
      at.step(30, 'i-1', 'upload'),
    ];
    expect(linesOf([at.runStarted(aPlan([WEB_1])), ...events])).toBe(
      'run r-1: 1 instance, 110 KB to each\nweb-1  connected\nweb-1  connected\n',
    );
  });

  it('say when an instance is about to be taken back, and how long that is', () => {
    expect(linesOf([at.runStarted(aPlan([WEB_1])), at.interrupted(1000, 'i-1', 118_000)])).toBe(
      'run r-1: 1 instance, 110 KB to each\nweb-1  interruption notice: terminate at 03:06:04 UTC (1m58s left)\n',
    );
  });

  it('say what an instance is waited for, and when it is ready', () => {
    const events: readonly RunEvent[] = [
      at.runStarted(aPlan([WEB_1])),
      at.step(0, 'i-1', 'connect'),
      at.waiting(5, 'i-1', 'connect', '10.0.0.1:22 refused the connection'),
      at.step(85, 'i-1', 'boot'),
      at.step(90, 'i-1', 'locks'),
      at.waiting(95, 'i-1', 'locks', '\u001B[2Japt-get (pid 812) holds /var/lib/dpkg/lock'),
      at.step(900, 'i-1', 'disk'),
      at.step(910, 'i-1', 'upload'),
    ];
    const said = [
      'run r-1: 1 instance, 110 KB to each',
      'web-1  waiting: 10.0.0.1:22 refused the connection',
      'web-1  connected',
      'web-1  waiting: apt-get (pid 812) holds /var/lib/dpkg/lock',
      'web-1  ready',
    ];
    expect(linesOf(events).split('\n')).toEqual([...said, '']);
    expect(linesOf(events, 'quiet')).toBe('');
  });

  it('carry notices of one instance and of the run', () => {
    const events = [
      at.notice(0, 'i-1', 'its host key is pinned now'),
      at.notice(0, null, 'CRLF line ends in deploy.sh'),
    ];
    expect(linesOf([at.runStarted(aPlan([WEB_1])), ...events])).toBe(
      'run r-1: 1 instance, 110 KB to each\nweb-1  note: its host key is pinned now\nnote: CRLF line ends in deploy.sh\n',
    );
  });

  it.each([
    ['normal', 'run r-1: 1 instance, 110 KB to each\nwave 2 of 3 in 30 s\nwave 2 of 3: 10 instances\n'],
    ['quiet', ''],
  ] as const)('say where a wave begins (%s)', (detail, text) => {
    const events: readonly RunEvent[] = [
      { type: 'pause-started', at: 1, ms: 30_000, wave: 2, waves: 3 },
      { type: 'wave-started', at: 2, wave: 2, waves: 3, instances: 10 },
    ];
    expect(linesOf([at.runStarted(aPlan([WEB_1])), ...events], detail)).toBe(text);
  });

  it.each([
    [{}, 'straggler: runs for 31 s, the median is 8.2 s; last output 29 s ago: pulling the image'],
    [
      { action: 'detach', lastLine: '\u001B[2J50 %' },
      'straggler: runs for 31 s and is left running, the median is 8.2 s; last output 29 s ago: 50 %',
    ],
    [
      { action: 'stop', lastLine: '', silentMs: null },
      'straggler: runs for 31 s and is stopped, the median is 8.2 s; no output',
    ],
  ] as const)('say who takes much longer than the others, and what is done about it (%#)', (more, words) => {
    expect(linesOf([at.runStarted(aPlan([WEB_1])), at.straggler(31_000, 'i-1', more)])).toBe(
      `run r-1: 1 instance, 110 KB to each\nweb-1  ${words}\n`,
    );
  });

  it('tell instances of one name apart by their ids', () => {
    const twins = [anInstance('i-1', 'worker'), anInstance('i-2', 'worker'), anInstance('i-3', null)];
    const events = twins.map((instance) => at.output(1, instance.instanceId, 'hello\n'));
    expect(linesOf([at.runStarted(aPlan(twins)), ...events])).toBe(
      [
        'run r-1: 3 instances, 110 KB to each',
        'worker (i-1) | hello',
        'worker (i-2) | hello',
        'i-3          | hello',
        '',
      ].join('\n'),
    );
  });

  it('let no instance write escape sequences to the screen', () => {
    const evil = anInstance('i-1', 'web\u001B[2J');
    const outcome = { kind: 'lost', step: 'execute', error: { code: 'x', message: 'gone \u001B]0;t\u0007' } } as const;
    const events = [at.output(1, 'i-1', '\u001B[31mred\u001B[0m\u0007\n'), at.finished(2, anAttempt(evil, outcome))];
    expect(linesOf([at.runStarted(aPlan([evil])), ...events])).not.toMatch(/[^\P{Cc}\n]/u);
  });
});
