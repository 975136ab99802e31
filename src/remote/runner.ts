import common from './runner/common.sh';
import deputy from './runner/deputy.sh';
import folders from './runner/folders.sh';
import follower from './runner/follower.sh';
import interruption from './runner/interruption.sh';
import main from './runner/main.sh';
import reaper from './runner/reaper.sh';
import starter from './runner/starter.sh';
import supervisor from './runner/supervisor.sh';

/** The program that runs on an instance: 13 KB, sent where it is not in the instance's cache. */
export const RUNNER: string = compact([common, starter, follower, supervisor, reaper, interruption, folders, main]);

/** What comes in front of it where the script is to run as another user. */
export const DEPUTY: string = compact([deputy]);

/** Parts of a program as one, without their comments. */
export function compact(parts: readonly string[]): string {
  return parts
    .join('\n')
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => line.trimStart())
    .join('\n')
    .concat('\n');
}
