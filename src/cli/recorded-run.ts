import { usageError } from '../model/errors.ts';
import { type Instance, newInstance } from '../model/instance.ts';
import type { Payload } from '../model/payload.ts';
import type { Plan, Target } from '../model/plan.ts';
import { ALL_AT_ONCE, rolloutOf } from '../run/rollout.ts';
import type { TakeUpRequest } from '../run/take-up.ts';
import { isAlive } from '../state/client.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import type { RunRecord } from '../state/runs.ts';
import type { State } from '../state/state.ts';
import { type Clock, isoTime } from '../util/clock.ts';

/**
 * The run that a word means: an id, the beginning of one, `last` for the newest, null for the newest unfinished one.
 * @throws SpotError (exit 64) where there is none, or more than one
 */
export function findRun(word: string | null, state: State): RunRecord {
  const runs = word === null ? state.runs.unfinished() : state.runs.list();
  const found = word === null || word === 'last' ? runs.slice(0, 1) : runs.filter(({ id }) => id.startsWith(word));
  if (found.length === 1) return found[0] as RunRecord;
  if (word === null) throw usageError('no-open-run', `no run is unfinished in ${state.path}`);
  if (found.length > 1) throw usageError('many-runs', `${word} means ${found.length} runs; write more of the id`);
  throw usageError('no-such-run', `there is no run ${word} in ${state.path}`);
}

/**
 * A run none of whose attempts is open, closed: its client may have been killed between the last outcome and that. One with
 * an open attempt stays as it is.
 */
export function closedRun(run: RunRecord, state: State, clock: Clock): RunRecord {
  if (run.finishedAt !== null) return run;
  state.ledger.runEnded(run.id, isoTime(clock.now()));
  return state.runs.find(run.id) ?? run;
}

/** The plan of a run as the state file remembers it: enough to take it up again. */
export function planOfRun(run: RunRecord, state: State): Plan {
  const known = new Map(state.instances.list().map((instance) => [instance.instanceId, instance]));
  const { args, environment, remotePath, cleanup, transfer, retries, limits } = run.plan;
  const attempts = state.runs.attempts(run.id);
  return {
    runId: run.id,
    createdAt: run.createdAt,
    payload: payloadOf(run),
    targets: attempts.map((attempt) => targetOf(attempt, known.get(attempt.instanceId))),
    skipped: [],
    args,
    environment,
    mode: run.mode,
    remotePath,
    cleanup,
    transfer,
    limits,
    // whoever takes a run up starts nothing: there is nothing to wait for
    rollout: rolloutOf(ALL_AT_ONCE, attempts.length),
    retries,
    holder: null,
    useCache: false,
    detached: false,
  };
}

/** @param open attempts to go on with */
export function takeUpRequest(run: RunRecord, open: readonly AttemptRecord[], stoppedBy: string | null): TakeUpRequest {
  const instanceIds = open.map(({ instanceId }) => instanceId);
  return { instanceIds, stoppedBy, beginnerLives: () => isAlive(run.client) };
}

function payloadOf(run: RunRecord): Payload {
  const { fileCount, payloadPath } = run.plan;
  return {
    digest: run.payloadDigest,
    path: payloadPath,
    sizeBytes: run.payloadBytes,
    contentBytes: run.payloadBytes,
    fileCount,
    manifest: {
      version: 'v1',
      interpreter: [],
      entrypoint: '',
      environment: run.plan.environment,
      files: [],
      metadata: { name: run.payloadName },
    },
  };
}

/** Where the attempt was made, even if the instance has another address by now: its pinned key says if it is the same. */
function targetOf(attempt: AttemptRecord, instance: Instance | undefined): Target {
  const { instanceId, name, host, stamp } = attempt;
  return { instance: instance ?? newInstance(instanceId, { name, publicIp: host.address }), host, stamp };
}
