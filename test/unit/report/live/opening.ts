import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { Instance } from '../../../../src/model/instance.ts';
import { createLive } from '../../../../src/report/live/live.ts';
import { plainPainter } from '../../../../src/report/painter.ts';
import type { ScreenReport } from '../../../../src/report/report.ts';
import { anInstance, aPlan, at, START } from '../events.ts';
import type { FakeTerminal } from '../fake-terminal.ts';

export const REDRAW_MS = 100;

export function someInstances(count: number): Instance[] {
  return Array.from({ length: count }, (_, index) => anInstance(`i-${index + 1}`, `web-${index + 1}`));
}

export async function open(
  terminal: FakeTerminal,
  instances: readonly Instance[],
  painter = plainPainter,
): Promise<ScreenReport> {
  const live = await createLive({ writer: terminal, painter, clock: { now: () => Date.now() } });
  live.emit(at.runStarted(aPlan(instances)));
  return live;
}

/** The first line of the view, the time at its right edge. */
export function title(time: string, columns = 80): string {
  return `deploy · 110 KB · d1ge57${time.padStart(columns - 24)}`;
}

/** Lets time pass to `ms` after the start of the run; the view is drawn on the way. */
export function passTo(ms: number): void {
  vi.advanceTimersByTime(START + ms - Date.now());
}

/** Time passes when `passTo` says so. */
export function stopClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'Date'], now: START });
  });

  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
}
