/** Packs three versions of one payload and adds them: `add-payloads <state folder> <what makes their content its own>`. */
import process from 'node:process';
import { openState } from '../../../src/state/state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { addVersion } from '../payloads.ts';
import { whenTold } from './when-told.ts';

const [stateDir = '', prefix = ''] = process.argv.slice(2);

whenTold(async () => {
  const state = openState(stateDir, { clock: systemClock, database: process.env['TEST_STATE_DATABASE'] ?? null });
  for (let index = 0; index < 3; index += 1) {
    await addVersion(state, stateDir, { name: 'deploy', text: `echo ${prefix} ${index}\n`, keep: 1000 });
  }
  state.close();
});
