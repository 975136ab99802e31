import { expect, test } from 'vitest';
import { describeSelection } from '../../../src/inventory/describe-selection.ts';
import { onlyMissing } from '../../../src/inventory/only-missing.ts';
import { selectInstances } from '../../../src/inventory/select.ts';
import { anInstance } from '../../state/records.ts';

const FLEET = [...['i-1', 'i-2', 'i-3'].map((id) => anInstance(id)), anInstance('i-4', { state: 'stopped' })];
const SELECTION = selectInstances(FLEET, { limit: [], exclude: [] });

function success(instanceId: string) {
  return { instanceId, runId: '20261121-100000-9f3a', finishedAt: '2026-11-21T10:00:59.999Z' };
}

test('who has it is skipped, and the reason says since when and by which run', () => {
  const selection = onlyMissing(SELECTION, [success('i-2'), success('i-4'), success('gone')]);
  expect(selection.chosen.map(({ instanceId }) => instanceId)).toEqual(['i-1', 'i-3']);
  expect(selection.skipped.map(({ instance, reason }) => [instance.instanceId, reason])).toEqual([
    ['i-4', 'stopped'],
    ['i-2', 'has it since 2026-11-21 10:00 UTC (run 20261121-100000-9f3a)'],
  ]);
  expect(describeSelection(selection)).toBe('4 instances: 2 selected, 1 stopped, 1 has it already');
});

test('all may have it', () => {
  const selection = onlyMissing(SELECTION, ['i-1', 'i-2', 'i-3'].map(success));
  expect(selection.chosen).toEqual([]);
  expect(describeSelection(selection)).toBe('4 instances: 0 selected, 1 stopped, 3 have it already');
});
