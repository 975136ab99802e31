import { expect, test } from 'vitest';
import { anInstance, aPlan } from './records.ts';
import { openedState, temporaryFolder } from './support.ts';

const VALUES = new Map([
  ['EMPTY', ''],
  ['TOKEN', `a 'quoted' "value"\nof two lines ✓`],
]);

test('values of a run are kept until it is over, and are nobody else’s', () => {
  const state = openedState(temporaryFolder());
  for (const id of ['r1', 'r2']) state.ledger.runStarted(aPlan(id, [anInstance('i-1')]));
  state.environments.set('r1', VALUES);
  state.environments.set('r2', new Map([['TOKEN', 'other']]));
  expect(state.environments.of('r1')).toEqual(VALUES);
  state.environments.forget('r1');
  expect(state.environments.of('r1')).toEqual(new Map());
  expect(state.environments.of('r2')).toEqual(new Map([['TOKEN', 'other']]));
});

test('a value that is set again is the new one', () => {
  const state = openedState(temporaryFolder());
  state.ledger.runStarted(aPlan('r1', [anInstance('i-1')]));
  state.environments.set('r1', VALUES);
  state.environments.set('r1', new Map([['TOKEN', 'new']]));
  expect(state.environments.of('r1')).toEqual(new Map([...VALUES, ['TOKEN', 'new']]));
});

test('values of a run that nobody knows are refused, none of them kept', () => {
  const state = openedState(temporaryFolder());
  expect(() => state.environments.set('r9', VALUES)).toThrow(/FOREIGN KEY|foreign key/);
  expect(state.environments.of('r9')).toEqual(new Map());
});
