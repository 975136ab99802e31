import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { labelOf } from '../../model/instance.ts';
import { type GlobalOptions, instancesFor, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';

/** `spot host-key forget`: the next contact is a first contact again. */
export async function hostKey(
  action: string,
  words: readonly string[],
  options: GlobalOptions,
  io: Io,
): Promise<number> {
  if (action !== 'forget') {
    throw usageError(
      'bad-action',
      `'${action}' cannot be done with a host key; write: spot host-key forget <instance>`,
    );
  }
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    for (const instance of await instancesFor(words, state.instances.list())) {
      const known = instance.hostKey !== null;
      state.instances.pinHostKey(instance.instanceId, null);
      io.stderr.write(`${known ? 'forgot the host key of' : 'no host key was known of'} ${labelOf(instance)}\n`);
    }
    return ExitCode.ok;
  });
}
