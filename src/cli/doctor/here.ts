import type { ConfigReading } from '../../config/load-config.ts';
import { type Check, doubtful, well, wrong, wrongBy } from '../../model/check.ts';
import type { Host } from '../../model/plan.ts';
import { freeRoom } from '../../state/inspect.ts';
import type { State } from '../../state/state.ts';
import { formatBytes, plural } from '../../util/format.ts';
import type { Io } from '../io.ts';
import { filesFor, roomIn } from '../open-files.ts';
import { awsChecks } from './aws.ts';
import { loginChecks } from './login.ts';
import { stateChecks } from './state.ts';

/** What this machine is checked against. */
export interface Here {
  readonly reading: ConfigReading;
  /** null where there is none that could be opened */
  readonly state: State | null;
  /** to be connected to; empty where none is known */
  readonly hosts: readonly Host[];
  readonly io: Io;
}

/** The oldest Node that the program is made for. */
const OLDEST_NODE = 20;
/** Less is free for state and logs, bytes. */
const NO_ROOM = 50_000_000;
const LITTLE_ROOM = 1_000_000_000;

/** Checks this machine: whatever is wrong is a value. */
export async function checkHere(here: Here): Promise<readonly Check[]> {
  const { config } = here.reading;
  const [ofLogin, ofAws] = await Promise.all([loginChecks(here), awsChecks(config, here.io)]);
  return [
    nodeCheck(here.io),
    ...configChecks(here.reading),
    ...ofLogin,
    ...stateChecks(config),
    diskCheck(config.stateDir),
    ...logsCheck(here),
    openFilesCheck(here),
    ...ofAws,
  ];
}

function nodeCheck({ nodeVersion }: Io): Check {
  if (Number(nodeVersion.split('.', 1)[0]) >= OLDEST_NODE) return well('node', nodeVersion);
  return wrong('node', nodeVersion, `install Node ${OLDEST_NODE} or newer`);
}

function configChecks({ files, settings, problems }: ConfigReading): Check[] {
  const read = files.filter(({ status }) => status === 'read').map(({ path }) => path);
  const set = settings.filter(({ source }) => source !== 'default').length;
  const what = read.length === 0 ? 'no file, the defaults' : read.join(', ');
  if (problems.length === 0) return [well('config', set === 0 ? what : `${what}; ${plural(set, 'key')} set`)];
  return problems.map(({ message }) => wrongBy('config', message));
}

function diskCheck(stateDir: string): Check {
  const { bytes, inodes } = freeRoom(stateDir);
  const found = `${formatBytes(bytes)} free for state and logs`;
  const advice = 'make room, or set state_dir to another folder';
  if (inodes !== null && inodes < 1000) return wrong('disk', `${found}, but ${inodes} inodes`, advice);
  if (bytes < NO_ROOM) return wrong('disk', found, advice);
  return bytes < LITTLE_ROOM ? doubtful('disk', found, advice) : well('disk', found);
}

/** The limit is kept at the end of each run, so that being over it means that nobody could. */
function logsCheck({ reading, state }: Here): Check[] {
  if (state === null) return [];
  const [newest, ...older] = state.forgetting.logs();
  const bytes = (newest?.bytes ?? 0) + older.reduce((sum, log) => sum + log.bytes, 0);
  const { keepBytes } = reading.config.logs;
  const found = `${formatBytes(bytes)} of outputs, ${formatBytes(keepBytes)} are kept (logs.keep_bytes)`;
  if (bytes <= keepBytes) return [well('logs', found)];
  const advice =
    older.length === 0 ? 'raise logs.keep_bytes, or let the script say less' : 'the next run removes the oldest';
  return [doubtful('logs', found, advice)];
}

function openFilesCheck({ reading, io }: Here): Check {
  const files = io.openFiles();
  const { concurrency } = reading.config.limits;
  if (files === null) return well('open files', 'the limit is not known here');
  const room = Math.max(0, roomIn(files));
  if (room >= concurrency)
    return well('open files', `${files.limit}, enough for ${plural(concurrency, 'instance')} at once`);
  const found = `${files.limit} are enough for ${plural(room, 'instance')} at once, not for ${concurrency}`;
  const advice = `ulimit -n ${filesFor(concurrency, files)}, or lower limits.concurrency`;
  return room < 1 ? wrong('open files', found, advice) : doubtful('open files', found, advice);
}
