import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { labelOf } from '../../model/instance.ts';
import { plural } from '../../util/format.ts';
import { type GlobalOptions, instancesFor, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { canAsk, confirm } from '../prompt.ts';

export interface RemoveOptions extends GlobalOptions {
  readonly yes?: boolean;
}

/** `spot remove`: forgets instances; several at once only on a second word. */
export async function removeInstances(words: readonly string[], options: RemoveOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const instances = await instancesFor(words, state.instances.list());
    if (instances.length > words.length && !options.yes) {
      const names = instances.map(labelOf).join(', ');
      if (!canAsk(io)) {
        throw usageError(
          'not-confirmed',
          `${words.join(' ')} means ${plural(instances.length, 'instance')} (${names}); say --yes to remove them`,
        );
      }
      if (!(await confirm(io, `Remove ${names}?`, false))) return ExitCode.ok;
    }
    state.instances.remove(instances.map(({ instanceId }) => instanceId));
    for (const instance of instances) io.stderr.write(`removed ${labelOf(instance)}\n`);
    return ExitCode.ok;
  });
}
