import common from './runner/common.sh';
import folders from './runner/folders.sh';
import follower from './runner/follower.sh';
import main from './runner/main.sh';
import reaper from './runner/reaper.sh';
import starter from './runner/starter.sh';
import supervisor from './runner/supervisor.sh';

/** The program that runs on an instance: 10 KB that every attempt sends. */
export const RUNNER: string = compact([common, starter, follower, supervisor, reaper, folders, main]);

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
