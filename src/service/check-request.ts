import { usageError } from '../model/errors.ts';
import { checkRemotePath } from '../run/remote-path.ts';
import { checkVariableName } from '../run/variable-name.ts';
import { formatDuration } from '../util/format.ts';
import type { RunRequest } from './api.ts';

/** Instances of one request. */
export const MOST_INSTANCES = 10_000;
/** Node's timers hold at most 2^31 - 1 ms and fire at once beyond that; the configuration has the same bound. */
export const LONGEST_MS = 24 * 86_400_000;
const MOST_RETRIES = 100;

/** What is the same for a deployment of an instance that is there, and of one that is created for it. */
export type PayloadWish = Pick<RunRequest, 'remotePath' | 'timeoutMs'>;

/**
 * What can be said of a request without looking at anything else.
 * @throws SpotError (exit 64)
 */
export function checkRunRequest(request: RunRequest): void {
  const { instanceIds, args, environment, retries, readyTimeoutMs } = request;
  if (instanceIds.length === 0) throw usageError('no-instances', 'instance_ids is empty; name at least one instance');
  if (instanceIds.length > MOST_INSTANCES) {
    const message = `instance_ids names ${instanceIds.length} instances, and ${MOST_INSTANCES} is the most; send several requests`;
    throw usageError('too-many-instances', message);
  }
  checkPayloadWish(request);
  if (args.some((arg) => arg.includes('\0'))) throw hasNul('an argument of the script');
  for (const [name, value] of environment) {
    checkVariableName(name, 'environment');
    if (value.includes('\0')) throw hasNul(`the value of ${name}`);
  }
  if (readyTimeoutMs !== null) checkDuration(readyTimeoutMs, 'ready_timeout');
  if (retries !== null && !(Number.isInteger(retries) && retries >= 0 && retries <= MOST_RETRIES)) {
    throw usageError('bad-retries', `retries: ${retries} is not a whole number from 0 to ${MOST_RETRIES}`);
  }
  if (!request.execute) refuseWhatOnlyScriptsHave(request);
}

/** @throws SpotError (exit 64) `bad-remote-path`, `bad-timeout` */
export function checkPayloadWish({ remotePath, timeoutMs }: PayloadWish): void {
  if (remotePath !== null) checkRemotePath(remotePath, 'remote_path');
  if (timeoutMs !== null) checkDuration(timeoutMs, 'timeout');
}

function checkDuration(ms: number, what: string): void {
  if (Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_MS) return;
  const given = ms > LONGEST_MS && Number.isFinite(ms) ? formatDuration(ms) : `${ms} ms`;
  throw usageError('bad-timeout', `${what}: ${given} cannot be used; the least is 1 ms, and the most 24 days`);
}

function hasNul(what: string): Error {
  return usageError('bad-args', `${what} holds a NUL character, which no program can be given; leave it out`);
}

/** As on the command line: what is only transferred takes nothing of this. */
function refuseWhatOnlyScriptsHave({ args, environment, cleanup }: RunRequest): void {
  const given = [
    ...(args.length > 0 ? ['arguments'] : []),
    ...(environment.size > 0 ? ['environment'] : []),
    ...(cleanup ? ['cleanup'] : []),
  ];
  if (given.length === 0) return;
  const message = `${given.join(' and ')} and a payload that is not executed exclude each other; leave one of them out`;
  throw usageError('contradiction', message);
}
