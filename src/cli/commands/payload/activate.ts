import { inputError } from '../../../model/errors.ts';
import { ExitCode } from '../../../model/exit-code.ts';
import { formatReference } from '../../../payload/payload-name.ts';
import { type GlobalOptions, readConfig, withState } from '../../context.ts';
import type { Io } from '../../io.ts';
import { requireWithVersion } from '../../../payload/registered.ts';

/** `spot payload activate`: makes a version the one that the name alone means. */
export async function activatePayload(word: string, options: GlobalOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, (state) => {
    const record = requireWithVersion(word, state);
    if (state.payloads.activate(record.name, record.version) === null) {
      throw inputError('no-such-version', `another spot has just removed ${formatReference(record)}`);
    }
    io.stderr.write(`${formatReference(record)} is active\n`);
    return ExitCode.ok;
  });
}
