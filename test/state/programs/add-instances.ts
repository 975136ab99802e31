/** Adds ten instances, one transaction each: `add-instances <state folder> <prefix of the ids>`. */
import process from 'node:process';
import { openState } from '../../../src/state/state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { anInstance } from '../records.ts';
import { whenTold } from './when-told.ts';

const [stateDir = '', prefix = ''] = process.argv.slice(2);

whenTold(() => {
  const state = openState(stateDir, { clock: systemClock, database: process.env['TEST_STATE_DATABASE'] ?? null });
  for (let index = 0; index < 10; index += 1) state.instances.add([anInstance(`${prefix}-${index}`)]);
  state.close();
});
