import type { Cluster } from '../../report/clusters.ts';
import { nameOfEntry } from '../../payload/environment.ts';
import { instanceDocument } from '../../report/instance-document.ts';
import { recordedVersion, sentPayload } from '../../report/record-documents.ts';
import type { StreamName } from '../../run/outputs.ts';
import type { PayloadRecord } from '../../state/payloads.ts';
import { formatMode } from '../../util/format.ts';
import type { Page } from '../api.ts';
import type { AttemptView, FleetMember, RunView, VersionView } from '../view/api.ts';
import type {
  AttemptAnswer,
  AttemptsAnswer,
  ClustersAnswer,
  FleetAnswer,
  MemberAnswer,
  RegistryAnswer,
  RunAnswer,
  RunsAnswer,
  VersionAnswer,
} from './view-schemas.ts';

export function fleetDocument({ items, nextCursor }: Page<FleetMember>): FleetAnswer {
  return { instances: items.map(memberDocument), next_cursor: nextCursor };
}

export function memberDocument({ instance, last }: FleetMember): MemberAnswer {
  return {
    ...instanceDocument(instance),
    last: last === null ? null : { run_id: last.runId, outcome: last.outcome, finished_at: last.finishedAt },
  };
}

export function anyRunDocument({ run, state, instances, open, counts, lastEvent }: RunView): RunAnswer {
  return {
    id: run.id,
    mode: run.mode,
    payload: sentPayload(run),
    created_at: run.createdAt,
    finished_at: run.finishedAt,
    exit_code: run.exitCode,
    instances,
    counts,
    state,
    user: run.user,
    host: run.client.hostName,
    rerun_of: run.rerunOf,
    args: [...run.plan.args],
    open,
    last_event: lastEvent,
  };
}

export function runsDocument({ items, nextCursor }: Page<RunView>): RunsAnswer {
  return { runs: items.map(anyRunDocument), next_cursor: nextCursor };
}

export function attemptDocument({ attempt, bytes, said }: AttemptView): AttemptAnswer {
  const output = (stream: StreamName): AttemptAnswer['stdout'] => ({
    bytes: bytes[stream] ?? attempt[stream].bytes,
    is_here: bytes[stream] !== null || attempt[stream].bytes === 0,
  });
  return {
    run_id: attempt.runId,
    instance_id: attempt.instanceId,
    name: attempt.name,
    address: attempt.host.address,
    outcome: attempt.outcome,
    step: attempt.step,
    started_at: attempt.startedAt,
    finished_at: attempt.finishedAt,
    exit_code: attempt.exitCode,
    signal: attempt.signal,
    reason: attempt.reason,
    error: attempt.error === null ? null : { code: attempt.error.code, message: attempt.error.message },
    evidence: [...attempt.evidence],
    steps: attempt.steps.map(({ name, ms, bytes: moved }) => ({ name, ms, bytes: moved })),
    remote_dir: attempt.remoteDir,
    stdout: output('stdout'),
    stderr: output('stderr'),
    said,
  };
}

export function attemptsDocument({ items, nextCursor }: Page<AttemptView>): AttemptsAnswer {
  return { attempts: items.map(attemptDocument), next_cursor: nextCursor };
}

export function clustersDocument(clusters: readonly Cluster[]): ClustersAnswer {
  return {
    clusters: clusters.map(({ kind, headline, isExact, members, sample }) => ({
      outcome: kind,
      headline,
      is_exact: isExact,
      instances: members.map(({ instanceId }) => instanceId),
      sample: {
        instance_id: sample.instanceId,
        stdout_tail: sample.stdout.tail,
        stderr_tail: sample.stderr.tail,
      },
    })),
  };
}

export function registryDocument(records: readonly PayloadRecord[]): RegistryAnswer {
  return { versions: records.map(recordedVersion) };
}

export function versionDocument({ record, payload: { manifest } }: VersionView): VersionAnswer {
  return {
    ...recordedVersion(record),
    interpreter: [...manifest.interpreter],
    entrypoint: manifest.entrypoint,
    environment: manifest.environment.map(nameOfEntry),
    files: manifest.files.map((file) => ({
      type: file.type,
      path: file.path,
      size_bytes: file.type === 'file' ? file.sizeBytes : null,
      mode: file.type === 'link' ? null : formatMode(file.mode),
      target: file.type === 'link' ? file.target : null,
    })),
  };
}
