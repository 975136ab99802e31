import { describe, expect, it, vi } from 'vitest';
import type { Instance } from '../../../../src/model/instance.ts';
import { createLive } from '../../../../src/report/live/live.ts';
import { plainPainter } from '../../../../src/report/painter.ts';
import { displayWidth } from '../../../../src/report/text.ts';
import { anAttempt, aPlan, at, REFUSED, START, SUCCEEDED } from '../events.ts';
import { FakeTerminal } from '../fake-terminal.ts';
import { open, passTo, REDRAW_MS, someInstances, stopClock, title } from './opening.ts';

stopClock();

describe('the live view', () => {
  it('shows what runs, what went wrong and the state of the whole', async () => {
    const terminal = new FakeTerminal(80, 24);
    const instances = someInstances(6);
    const [first, second] = instances as [Instance, Instance];
    const live = await open(terminal, instances);
    for (const { instanceId } of instances.slice(0, 5)) live.emit(at.attemptStarted(0, instanceId));
    live.emit(at.finished(500, anAttempt(first, REFUSED)));
    live.emit(at.finished(600, anAttempt(second, SUCCEEDED)));
    live.emit(at.step(1000, 'i-3', 'upload'));
    live.emit(at.uploaded(2000, 'i-3', 7_000_000, 20_000_000));
    live.emit(at.step(1000, 'i-4', 'execute'));
    live.emit(at.output(1000, 'i-4', '\u001B[32mUnpacking\u001B[0m nginx\nSetting up ngi'));
    live.emit(at.output(1000, 'i-4', 'nx (größe)\n\n'));
    passTo(3000);
    expect(terminal.screen).toEqual([
      title('0:03'),
      '2 of 6 · connect 1 · upload 1 · execute 1 · 1 waiting',
      '✓ 1 succeeded  ✗ 1 unreachable',
      'uploaded 7.0 MB of 20 MB · 3.5 MB/s · 3 s left',
      '✗ web-1  unreachable: 10.0.0.1:22 refused the connection: check that sshd runs …',
      '  web-3  uploading       2 s  7.0 MB of 20 MB, 3.5 MB/s',
      '  web-4  executing       2 s  Setting up nginx (größe)',
      '  web-5  connecting      3 s',
    ]);
    await live.close();
  });

  it('says which wave it is, and how long the pause before the next one still is', async () => {
    const terminal = new FakeTerminal(80, 24);
    const live = await open(terminal, someInstances(3));
    live.emit({ type: 'wave-started', at: START, wave: 1, waves: 2, instances: 1 });
    passTo(1000);
    expect(terminal.screen).toEqual([title('0:01'), '0 of 3 · 3 waiting · wave 1 of 2']);
    live.emit({ type: 'pause-started', at: START + 1000, ms: 90_000, wave: 2, waves: 2 });
    passTo(31_000);
    expect(terminal.screen).toEqual([title('0:31'), '0 of 3 · 3 waiting · wave 2 of 2 in 1:00']);
    live.emit({ type: 'wave-started', at: START + 91_000, wave: 2, waves: 2, instances: 2 });
    passTo(91_000);
    expect(terminal.screen).toEqual([title('1:31'), '0 of 3 · 3 waiting · wave 2 of 2']);
    await live.close();
  });

  it.each([
    [60, '1 of 3 · upload 1 · 1 waiting · 1:02:03'],
    [30, '1 of 3 · upload 1 · 1:02:03'],
    [20, '1 of 3 · 1:02:03'],
    [10, '1 of 3 · …'],
  ])('keeps of the state what fits into %i columns of a low terminal', async (columns, line) => {
    const terminal = new FakeTerminal(columns, 6);
    const instances = someInstances(3);
    const live = await open(terminal, instances);
    live.emit(at.finished(1, anAttempt(instances[0] as Instance, SUCCEEDED)));
    live.emit(at.step(1, 'i-2', 'upload'));
    live.emit(at.uploaded(2, 'i-2', 5_000_000));
    vi.setSystemTime(START + 3_723_000);
    vi.advanceTimersByTime(REDRAW_MS);
    expect(terminal.screen[0]).toBe(line);
    await live.close();
  });

  it('hides the cursor and gives back the screen as it was', async () => {
    const terminal = new FakeTerminal(80, 24);
    terminal.write('$ spot upload-script x\n');
    const live = await open(terminal, someInstances(3));
    expect(terminal.isCursorShown).toBe(false);
    await live.close();
    expect(terminal.isCursorShown).toBe(true);
    expect(terminal.isWrapping).toBe(true);
    expect(terminal.screen).toEqual(['$ spot upload-script x']);
    terminal.write('next');
    expect(terminal.screen).toEqual(['$ spot upload-script x', 'next']);
  });

  it.each([
    [24, 80],
    [5, 80],
    [2, 80],
    [24, 20],
    [5, 20],
    [1, 1],
  ])('of 500 instances stays within %i rows and %i columns', async (rows, columns) => {
    const terminal = new FakeTerminal(columns, rows);
    const instances = someInstances(500);
    const live = await open(terminal, instances);
    for (const { instanceId } of instances) {
      live.emit(at.step(0, instanceId, 'execute'));
      live.emit(
        at.output(0, instanceId, '漢字漢字漢字 a line of output that is longer than the terminal is wide 漢字\n'),
      );
    }
    for (const instance of instances.slice(0, 40)) live.emit(at.finished(1, anAttempt(instance, REFUSED)));
    for (let ms = 1; ms <= 10; ms += 1) passTo(ms * 1000);
    expect(terminal.screen.length).toBeLessThanOrEqual(rows);
    for (const line of terminal.screen) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    if (rows > 1) expect(terminal.scrolledAway).toEqual([]);
    if (columns === 80) expect(terminal.screen.join(' ')).toContain('40 of 500 · execute 460');
    await live.close();
  });

  it('says how many more are running than it shows', async () => {
    const terminal = new FakeTerminal(60, 6);
    const instances = someInstances(50);
    const live = await open(terminal, instances);
    for (const { instanceId } of instances) live.emit(at.attemptStarted(0, instanceId));
    passTo(1000);
    expect(terminal.screen).toEqual([
      '0 of 50 · connect 50 · 0:01',
      '  web-1  connecting      1 s',
      '  web-2  connecting      1 s',
      '  web-3  connecting      1 s',
      '  … and 47 more running',
    ]);
    await live.close();
  });

  it('follows the terminal when it is resized', async () => {
    const terminal = new FakeTerminal(100, 10);
    const instances = someInstances(20);
    const live = await open(terminal, instances);
    for (const { instanceId } of instances) live.emit(at.attemptStarted(0, instanceId));
    passTo(1000);
    expect(terminal.screen).toHaveLength(9);
    terminal.rows = 20;
    passTo(2000);
    expect(terminal.screen).toHaveLength(19);
    expect(terminal.scrolledAway).toEqual([]);
    await live.close();
  });

  it('prints notices above the view, where they stay', async () => {
    const terminal = new FakeTerminal(80, 24);
    const live = await open(terminal, someInstances(1));
    live.emit(at.attemptStarted(0, 'i-1'));
    live.emit(at.notice(0, 'i-1', 'its host key is pinned now'));
    passTo(REDRAW_MS);
    live.emit(at.notice(0, null, 'CRLF line ends'));
    passTo(2 * REDRAW_MS);
    expect(terminal.screen).toEqual([
      'web-1  note: its host key is pinned now',
      'note: CRLF line ends',
      title('0:00'),
      'web-1  connecting 0 s',
    ]);
    await live.close();
    expect(terminal.screen).toEqual(['web-1  note: its host key is pinned now', 'note: CRLF line ends']);
  });

  it('counts down to the end of an instance that is about to be taken back', async () => {
    const terminal = new FakeTerminal(80, 24);
    const live = await open(terminal, someInstances(1));
    live.emit(at.step(0, 'i-1', 'execute'));
    live.emit(at.interrupted(1000, 'i-1', 118_000));
    passTo(60_000);
    expect(terminal.screen).toEqual([
      'web-1  interruption notice: terminate at 03:06:04 UTC (1m58s left)',
      title('1:00'),
      '! 1 about to be taken back',
      'web-1  executing 1m00s  terminate in 0:59  silent 1m00s',
    ]);
    await live.close();
  });

  it('prints notices that come after the last attempt too', async () => {
    const terminal = new FakeTerminal(80, 24);
    const instances = someInstances(1);
    const live = await open(terminal, instances);
    live.emit(at.finished(1, anAttempt(instances[0] as Instance, SUCCEEDED)));
    await vi.waitUntil(() => terminal.isCursorShown);
    live.emit(at.notice(2, null, 'a folder could not be removed'));
    await live.close();
    expect(terminal.screen).toEqual(['note: a folder could not be removed']);
  });

  it('leaves the screen to a question and comes back', async () => {
    const terminal = new FakeTerminal(80, 24);
    const live = await open(terminal, someInstances(2));
    live.emit(at.attemptStarted(0, 'i-1'));
    passTo(1000);
    live.suspend();
    expect(terminal.isCursorShown).toBe(true);
    expect(terminal.screen).toEqual([]);
    terminal.write('Stop the run? [y/N] n\n');
    live.emit(at.attemptStarted(1000, 'i-2'));
    passTo(2000);
    expect(terminal.screen).toEqual(['Stop the run? [y/N] n']);
    live.resume();
    expect(terminal.screen).toEqual([
      'Stop the run? [y/N] n',
      title('0:02'),
      '0 of 2 · connect 2',
      '  web-1  connecting      2 s',
      '  web-2  connecting      1 s',
    ]);
    await live.close();
  });

  it('waits with its first drawing while something is asked', async () => {
    const terminal = new FakeTerminal(80, 24);
    const live = await createLive({ writer: terminal, painter: plainPainter, clock: { now: () => START } });
    live.suspend();
    live.emit(at.runStarted(aPlan(someInstances(1))));
    passTo(1000);
    expect(terminal.screen).toEqual([]);
    live.resume();
    expect(terminal.screen).toEqual([title('0:00'), 'web-1  waits for its turn']);
    await live.close();
  });

  it('writes nothing while nothing changes', async () => {
    const terminal = new FakeTerminal(80, 24);
    const live = await open(terminal, someInstances(1));
    const write = vi.spyOn(terminal, 'write');
    passTo(900);
    expect(write).not.toHaveBeenCalled();
    passTo(1000);
    expect(write).toHaveBeenCalledTimes(1);
    await live.close();
  });

  it('gives up with one line when it cannot be drawn, and does not throw', async () => {
    const terminal = new FakeTerminal(80, 24);
    let isBroken = false;
    const bold = (text: string): string => {
      if (isBroken) throw new Error('no paint left');
      return text;
    };
    const live = await open(terminal, someInstances(1), { ...plainPainter, bold });
    isBroken = true;
    passTo(5000);
    expect(terminal.isCursorShown).toBe(true);
    expect(terminal.screen).toEqual(['spot: the live view stopped (no paint left); the run is not affected.']);
    await live.close();
  });

  it('adds no signal handlers to the process', async () => {
    const before = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const live = await open(new FakeTerminal(80, 24), someInstances(3));
    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(before);
    await live.close();
  });
});
