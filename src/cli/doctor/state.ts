import type { Config } from '../../config/config.ts';
import { messageOf } from '../../model/errors.ts';
import { type Check, doubtful, well, wrong, wrongBy } from '../../model/check.ts';
import { inspectState, type StateInspection } from '../../state/inspect.ts';
import { formatBytes, formatMode } from '../../util/format.ts';
import { shellCommand } from '../../util/shell-quote.ts';

const NAME = 'state';

/** Whether there is a state, of which version, and unharmed. Nothing is made. */
export function stateChecks(config: Config): Check[] {
  try {
    return judge(inspectState(config.stateDir, config.database));
  } catch (error) {
    return [wrongBy(NAME, messageOf(error))];
  }
}

function judge({ path, content, knownVersion, open }: StateInspection): Check[] {
  if (content === null) {
    return [
      doubtful(
        NAME,
        `there is none yet in ${path}`,
        'it is made with the first instance: spot add, spot sync, spot create',
      ),
    ];
  }
  const { version, sizeBytes, damages } = content;
  if (version > knownVersion) {
    const advice = 'update spot, or set state_dir to another folder';
    return [wrong(NAME, `${path} has version ${version}, and this spot knows versions up to ${knownVersion}`, advice)];
  }
  if (damages.length > 0) {
    return [
      wrong(
        NAME,
        `${path} is damaged (${damages[0]})`,
        'restore a copy of it, or move it away and add the instances again',
      ),
    ];
  }
  const size = sizeBytes === null ? '' : `, ${formatBytes(sizeBytes)}`;
  const older = version < knownVersion ? '; the next command brings it up to date' : '';
  const modes = open.map(({ path: what, mode, wanted }) => {
    const repair = shellCommand(['chmod', wanted.toString(8), what]);
    return doubtful(NAME, `${what} has mode ${formatMode(mode)}, which lets others in`, repair);
  });
  return [well(NAME, `${path}, version ${version} of ${knownVersion}${size}${older}`), ...modes];
}
