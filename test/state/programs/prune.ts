/** Forgets runs: `prune <folder with state.db and logs> <runs that stay> <bytes of outputs that stay>`. */
import { join } from 'node:path';
import process from 'node:process';
import { pruneHistory } from '../../../src/run/prune.ts';
import { openState } from '../../../src/state/state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { whenTold } from './when-told.ts';

const [folder = '', keepRuns = '', keepBytes = ''] = process.argv.slice(2);

whenTold(() => {
  const { forgetting } = openState(folder, {
    clock: systemClock,
    database: process.env['TEST_STATE_DATABASE'] ?? null,
  });
  const limits = { keepRuns: Number(keepRuns), keepBytes: Number(keepBytes), most: 1000, now: Date.now() };
  void pruneHistory(forgetting, { logsDir: join(folder, 'logs'), ...limits });
});
