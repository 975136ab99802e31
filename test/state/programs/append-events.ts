/** Appends notices to a run until it has written so many, or is killed: `append-events <state folder> <run> <name> <count>`. */
import process from 'node:process';
import { openEventLog } from '../../../src/service/events/log.ts';
import { openState } from '../../../src/state/state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { whenTold } from './when-told.ts';

const [stateDir = '', runId = '', name = '', count = '0'] = process.argv.slice(2);

whenTold(() => {
  const state = openState(stateDir, { clock: systemClock, database: process.env['TEST_STATE_DATABASE'] ?? null });
  const onProblem = (error: unknown): never => {
    throw error;
  };
  const log = openEventLog(state.runEvents, { runs: state.runs, clock: systemClock, onProblem });
  for (let number = 1; number <= Number(count); number += 1) {
    log.append(runId, { type: 'notice', at: number, instanceId: null, message: name });
    if (number % 7 === 0) log.flush();
  }
  log.close();
  state.close();
});
