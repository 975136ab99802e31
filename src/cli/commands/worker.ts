import { ExitCode } from '../../model/exit-code.ts';
import type { Working } from '../../service/queue/queue.ts';
import { plural } from '../../util/format.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { openServiceLog } from '../service-log.ts';
import { openServiceParts } from '../service-parts.ts';
import { Stop } from '../stop.ts';

export interface WorkerOptions extends GlobalOptions {
  readonly concurrency?: string;
}

const FLAG_KEYS = { concurrency: { key: 'service.concurrency', flag: '--concurrency' } };

/** `spot worker`: does what a service has taken on, until it is stopped. */
export async function worker(options: WorkerOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io, FLAG_KEYS);
  return withState(config, io, async (state) => {
    const stop = new Stop(io);
    const parts = await openServiceParts({ config, state, io, log: openServiceLog(config, io) });
    try {
      const working = await parts.startWorking();
      const { concurrency } = config.service;
      const what = `${working.workerId} works on the queue in ${state.path}`;
      io.stderr.write(`${what}, ${plural(concurrency, 'deployment')} at once; Ctrl-C ends it\n`);
      await stop.asked;
      if (working.busy > 0) io.stderr.write(sentenceFor(working));
      await working.stop();
    } finally {
      await parts.close();
      stop.clear();
    }
    return ExitCode.ok;
  });
}

function sentenceFor({ busy }: Working): string {
  const what = plural(busy, 'deployment goes', 'deployments go');
  return `spot: ${what} back into the queue, and scripts that run are left running; once more to leave at once\n`;
}
