import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { EC2_SOURCE, type Instance, isEnded, labelOf } from '../../model/instance.ts';
import { plural } from '../../util/format.ts';
import { type GlobalOptions, instancesFor, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { canAsk, requireYes } from '../prompt.ts';
import { MAX_NAMED, namesOf } from '../several.ts';

export interface RemoveOptions extends GlobalOptions {
  readonly yes?: boolean;
}

/** `spot remove`: forgets instances; several at once only on a second word. */
export async function removeInstances(words: readonly string[], options: RemoveOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const instances = await instancesFor(words, state.instances.list());
    if (instances.length > words.length && !options.yes) await requireConsent(words, instances, io);
    state.instances.remove(instances.map(({ instanceId }) => instanceId));
    const lines = instances.map((instance) => `removed ${labelOf(instance)}\n`);
    io.stderr.write(instances.length > MAX_NAMED ? `removed ${instances.length} instances\n` : lines.join(''));
    const alive = instances.filter((instance) => instance.source === EC2_SOURCE && !isEnded(instance));
    if (alive.length > 0) {
      const message = `${namesOf(alive)} come${alive.length === 1 ? 's' : ''} back with the next sync from EC2; end what is there with: spot destroy`;
      io.stderr.write(`spot: note: ${message}\n`);
    }
    return ExitCode.ok;
  });
}

async function requireConsent(words: readonly string[], instances: readonly Instance[], io: Io): Promise<void> {
  const which = `${plural(instances.length, 'instance')} (${namesOf(instances)})`;
  if (canAsk(io)) return requireYes(io, `Remove ${which}?`, false);
  throw usageError('not-confirmed', `${words.join(' ')} means ${which}; say --yes to remove them`);
}
