import { usageError } from '../../model/errors.ts';
import { countOutcomes } from '../../model/outcome.ts';
import { openVersion } from '../../payload/open-version.ts';
import type { PayloadStore } from '../../payload/store.ts';
import { requireVersion } from '../../payload/registered.ts';
import { clusterAttempts } from '../../report/clusters.ts';
import { stateOfRun } from '../../run/run-state.ts';
import { resultOf } from '../../state/attempt-result.ts';
import type { AttemptRecord } from '../../state/attempts.ts';
import type { RunCounts } from '../../state/run-counts.ts';
import type { RunRecord } from '../../state/runs.ts';
import type { State } from '../../state/state.ts';
import type { Clock } from '../../util/clock.ts';
import { quoteWord } from '../../util/format.ts';
import { runUnknown } from '../cancel.ts';
import { findInstance } from '../find-instances.ts';
import { checkedPage, instancesPage, pageOf } from '../pages.ts';
import type { Page, PageQuery } from '../api.ts';
import type { AttemptView, FleetMember, RunView, ViewApi } from './api.ts';
import { attemptUnknown, bytesOnDisk, findOutput, lastWords, withTailsHere } from './outputs.ts';

export interface ViewDeps {
  readonly state: State;
  readonly store: PayloadStore;
  /** where the outputs of runs are, a folder each */
  readonly logsDir: string;
  readonly clock: Clock;
}

/** Shows what is in the state and in the log files of this machine. */
export function createView(deps: ViewDeps): ViewApi {
  const { state, logsDir, store } = deps;
  const latest = createLatest(deps);
  return {
    fleet: (query) => {
      const { items, nextCursor } = instancesPage(query, state);
      const known = latest();
      return {
        items: items.map((instance) => ({ instance, last: known.get(instance.instanceId) ?? null })),
        nextCursor,
      };
    },
    member: (word) => {
      const instance = findInstance(word, state);
      return { instance, last: latest().get(instance.instanceId) ?? null };
    },
    attemptsOn: (instanceId, query) => attemptsOnPage(instanceId, query, deps),
    runs: (query) => runsPage(query, state),
    run: (runId) => runViews([requireRun(runId, state)], state)[0] as RunView,
    attempts: (runId, query) => attemptsPage(runId, query, deps),
    attempt: (runId, instanceId) => viewOf(requireAttempt(runId, instanceId, state), logsDir),
    clusters: (runId) => {
      requireRun(runId, state);
      const results = state.runs.attempts(runId).flatMap((attempt) => {
        const result = resultOf(attempt);
        return result === null ? [] : [withTailsHere(logsDir, attempt, result)];
      });
      return clusterAttempts(results);
    },
    output: (runId, instanceId, stream) => findOutput(logsDir, requireAttempt(runId, instanceId, state), stream),
    versions: () => state.payloads.list(),
    version: async (name, version) => {
      const record = requireVersion(`${name}@${version}`, state);
      return { record, payload: await openVersion(record, store) };
    },
  };
}

/** So many pages that look at the fleet at once cost one look, ms. */
const LOOK_AGAIN_MS = 1000;

/** What was done last on each instance. */
function createLatest({ state, clock }: ViewDeps): () => ReadonlyMap<string, NonNullable<FleetMember['last']>> {
  let found: ReadonlyMap<string, NonNullable<FleetMember['last']>> = new Map();
  let foundAt = -Infinity;
  return () => {
    const now = clock.now();
    if (Math.abs(now - foundAt) < LOOK_AGAIN_MS) return found;
    found = new Map(state.runs.latest().map((last) => [last.instanceId, last]));
    foundAt = now;
    return found;
  };
}

function runsPage(query: PageQuery, state: State): Page<RunView> {
  const { cursor: before } = checkedPage(query);
  const { items, nextCursor } = pageOf<RunRecord>(
    query,
    ({ id }) => id,
    (limit) => state.runs.page({ limit, before }),
  );
  return { items: runViews(items, state), nextCursor };
}

function runViews(runs: readonly RunRecord[], state: State): RunView[] {
  const counts = state.runs.tallies(runs.map(({ id }) => id));
  const ofService = runs.filter(({ id }) => state.deployments.isRunKnown(id)).map(({ id }) => id);
  const heads = new Map(state.runEvents.heads(ofService).map(({ runId, last }) => [runId, last]));
  return runs.map((run) => {
    const { instances, open, outcomes } = counts.get(run.id) ?? NO_ATTEMPTS;
    const counted = { ...countOutcomes([]), ...Object.fromEntries(outcomes) };
    return {
      run,
      state: stateOfRun(run, state),
      instances,
      open,
      counts: counted,
      lastEvent: heads.get(run.id) ?? null,
    };
  });
}

const NO_ATTEMPTS: RunCounts = { instances: 0, open: 0, outcomes: new Map() };

/** The cursor is the place in the plan. */
function attemptsPage(runId: string, query: PageQuery, { state, logsDir }: ViewDeps): Page<AttemptView> {
  const { cursor } = checkedPage(query);
  if (cursor !== null && !/^\d{1,9}$/.test(cursor)) {
    throw usageError(
      'bad-cursor',
      `cursor: ${quoteWord(cursor)} is no place in a plan; leave it out for the first page`,
    );
  }
  requireRun(runId, state);
  const { items, nextCursor } = pageOf<AttemptRecord>(
    query,
    ({ position }) => String(position),
    (limit) => state.runs.attemptsPage(runId, cursor === null ? null : Number(cursor), limit),
  );
  return { items: items.map((attempt) => viewOf(attempt, logsDir)), nextCursor };
}

function attemptsOnPage(instanceId: string, query: PageQuery, { state, logsDir }: ViewDeps): Page<AttemptView> {
  const { cursor: before } = checkedPage(query);
  const { items, nextCursor } = pageOf<AttemptRecord>(
    query,
    ({ runId }) => runId,
    (limit) => state.runs.attemptsOn(instanceId, { limit, before }),
  );
  return { items: items.map((attempt) => viewOf(attempt, logsDir)), nextCursor };
}

function viewOf(attempt: AttemptRecord, logsDir: string): AttemptView {
  return { attempt, bytes: bytesOnDisk(logsDir, attempt), said: lastWords(logsDir, attempt) };
}

function requireRun(runId: string, { runs }: State): RunRecord {
  const run = runs.find(runId);
  if (run === null) throw runUnknown(runId);
  return run;
}

function requireAttempt(runId: string, instanceId: string, state: State): AttemptRecord {
  requireRun(runId, state);
  const found = state.runs.findAttempt(runId, instanceId);
  if (found === null) throw attemptUnknown(runId, instanceId);
  return found;
}
