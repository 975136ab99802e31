import { expect, test } from 'vitest';
import { liveFrame } from '../../../../src/report/live/frame.ts';
import { OVERVIEW } from '../../../../src/report/live/view-state.ts';
import { LiveModel } from '../../../../src/report/live/model.ts';
import { plainPainter } from '../../../../src/report/painter.ts';
import { anInstance, aPlan, at, START } from '../events.ts';

test('the live view says what an instance is waited for, as long as it is', () => {
  const model = new LiveModel();
  const instances = ['i-1', 'i-2', 'i-3'].map((id, index) => anInstance(id, `web-${index + 1}`));
  const events = [
    at.runStarted(aPlan(instances)),
    ...instances.map(({ instanceId }) => at.attemptStarted(0, instanceId)),
    at.waiting(0, 'i-1', 'connect', '10.0.0.1:22 refused the connection'),
    at.step(1000, 'i-2', 'boot'),
    at.waiting(1000, 'i-2', 'boot', 'cloud-init is not done yet\u001B[2J (modules-final)'),
    at.waiting(1000, 'i-3', 'connect', 'somebody'),
    at.step(1000, 'i-3', 'locks'),
  ];
  for (const event of events) model.apply(event);
  const options = { columns: 80, rows: 24, now: START + 3000, painter: plainPainter, hasKeys: false };
  expect(liveFrame(model, OVERVIEW, options)).toEqual([
    `deploy · 110 KB · d1ge57${' '.repeat(52)}0:03`,
    '0 of 3 · connect 1 · boot 1 · locks 1',
    '  web-1  connecting      3 s  10.0.0.1:22 refused the connection',
    '  web-2  booting         2 s  cloud-init is not done yet (modules-final)',
    '  web-3  lock check      2 s',
  ]);
});
