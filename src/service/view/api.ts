import type { Instance } from '../../model/instance.ts';
import type { OutcomeCounts, OutcomeKind } from '../../model/outcome.ts';
import type { Payload } from '../../model/payload.ts';
import type { StreamName } from '../../run/outputs.ts';
import type { RunState } from '../../run/run-state.ts';
import type { AttemptRecord } from '../../state/attempts.ts';
import type { PayloadRecord } from '../../state/payloads.ts';
import type { RunRecord } from '../../state/runs.ts';
import type { Page, PageQuery } from '../api.ts';
import type { Cluster } from '../../report/clusters.ts';

/**
 * What there is to look at, whoever began it: the fleet, the runs of the service and of the command line, their outputs,
 * and the registry. Nothing is changed by any of it.
 */
export interface ViewApi {
  /** by their ids */
  fleet(query: PageQuery): Page<FleetMember>;
  /** by its id or name. @throws SpotError `instance-unknown`, `instance-ambiguous` */
  member(word: string): FleetMember;
  /** of one instance, by its id, also of one that was removed; newest run first */
  attemptsOn(instanceId: string, query: PageQuery): Page<AttemptView>;
  /** newest first */
  runs(query: PageQuery): Page<RunView>;
  /** @throws SpotError `run-unknown` */
  run(runId: string): RunView;
  /** in plan order. @throws SpotError `run-unknown`, `bad-cursor` */
  attempts(runId: string, query: PageQuery): Page<AttemptView>;
  /** @throws SpotError `run-unknown`, `attempt-unknown` */
  attempt(runId: string, instanceId: string): AttemptView;
  /** those of the attempts that have ended, most members first. @throws SpotError `run-unknown` */
  clusters(runId: string): readonly Cluster[];
  /** @throws SpotError `run-unknown`, `attempt-unknown`, `output-gone`, `output-elsewhere` */
  output(runId: string, instanceId: string, stream: StreamName): OutputOnDisk;
  /** by name, then by version */
  versions(): readonly PayloadRecord[];
  /** @throws SpotError `no-such-payload`, `no-such-version`, `payload-gone`, `payload-damaged` */
  version(name: string, version: number): Promise<VersionView>;
}

export interface FleetMember {
  readonly instance: Instance;
  /** what was done last on it, of what was begun; null before the first */
  readonly last: {
    readonly runId: string;
    /** null as long as it is open */
    readonly outcome: OutcomeKind | null;
    readonly finishedAt: string | null;
  } | null;
}

export interface RunView {
  readonly run: RunRecord;
  readonly state: RunState;
  readonly instances: number;
  /** attempts that have not ended */
  readonly open: number;
  /** of those that have */
  readonly counts: OutcomeCounts;
  /** number of the last event that can be followed; null: a run of the command line, whose events nobody keeps */
  readonly lastEvent: number | null;
}

export interface AttemptView {
  readonly attempt: AttemptRecord;
  /** bytes of the outputs on this machine; null: they are not there */
  readonly bytes: Readonly<Record<StreamName, number | null>>;
  /** what a script that goes on has said last, and when: ISO 8601, UTC; null where it said nothing, or has ended */
  readonly said: { readonly line: string; readonly at: string } | null;
}

export interface OutputOnDisk {
  /** absolute; where there is no file it has said nothing yet */
  readonly path: string;
  readonly bytes: number;
  /** more may come */
  readonly isOpen: boolean;
}

export interface VersionView {
  readonly record: PayloadRecord;
  readonly payload: Payload;
}
