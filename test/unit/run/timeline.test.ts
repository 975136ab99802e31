import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import { Timeline } from '../../../src/run/timeline.ts';

function begin(): { timeline: Timeline; said: string[]; at: (ms: number) => void } {
  const said: string[] = [];
  let now = 1000;
  const timeline = new Timeline({
    instanceId: 'i-1',
    clock: { now: () => now },
    emit: (event: RunEvent) => said.push(JSON.stringify(event)),
    onStep: (step) => said.push(`about to ${step}`),
  });
  return { timeline, said, at: (ms) => (now = ms) };
}

describe('a timeline', () => {
  test('notes each step before it is taken, times it and counts its bytes', () => {
    const { timeline, said, at } = begin();
    timeline.begin('connect');
    at(1250);
    timeline.begin('upload');
    timeline.progress(100, 200);
    timeline.progress(200, 200);
    at(1300);
    timeline.end();
    timeline.end();
    expect(timeline.steps).toEqual([
      { name: 'connect', ms: 250, bytes: 0 },
      { name: 'upload', ms: 50, bytes: 200 },
    ]);
    expect(said).toEqual([
      'about to connect',
      '{"type":"step-started","at":1000,"instanceId":"i-1","step":"connect"}',
      'about to upload',
      '{"type":"step-started","at":1250,"instanceId":"i-1","step":"upload"}',
      '{"type":"progress","at":1250,"instanceId":"i-1","step":"upload","bytes":100,"totalBytes":200}',
      '{"type":"progress","at":1250,"instanceId":"i-1","step":"upload","bytes":200,"totalBytes":200}',
    ]);
  });

  test('knows the step under way, and afterwards the last one', () => {
    const { timeline } = begin();
    expect(timeline.step).toBe('connect');
    timeline.begin('execute');
    expect(timeline.step).toBe('execute');
    timeline.end();
    expect(timeline.step).toBe('execute');
  });

  test('never counts backwards where somebody sets the clock', () => {
    const { timeline, at } = begin();
    timeline.begin('connect');
    at(0);
    timeline.end();
    expect(timeline.steps).toEqual([{ name: 'connect', ms: 0, bytes: 0 }]);
  });

  test('has no progress between two steps', () => {
    const { timeline, said } = begin();
    timeline.progress(1, 2);
    expect(said).toEqual([]);
  });
});
