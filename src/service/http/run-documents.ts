import type { InferOutput } from 'valibot';
import type { FilteredSelection } from '../../inventory/select.ts';
import { addressOf } from '../../model/instance.ts';
import type { RunSummary, StartedRun } from '../api.ts';
import { deployedDocument } from '../rpc/documents.ts';
import type { runAnswer, selectionAnswer, startedAnswer } from './run-schemas.ts';

export function selectionDocument(selection: FilteredSelection): InferOutput<typeof selectionAnswer> {
  const { chosen, skipped, unmatched, notReady } = selection;
  return {
    chosen: chosen.map((instance) => {
      return { instance_id: instance.instanceId, name: instance.name, address: addressOf(instance) };
    }),
    skipped: skipped.map(({ instance: { instanceId, name }, reason }) => ({ instance_id: instanceId, name, reason })),
    unmatched: { limit: [...unmatched.limit], exclude: [...unmatched.exclude] },
    not_ready: notReady.map(({ instance }) => instance.instanceId),
  };
}

export function startedDocument(started: StartedRun): InferOutput<typeof startedAnswer> {
  const { name, version, digest } = started.payload;
  return { run_id: started.runId, payload: { name, version, digest }, ...deployedDocument(started) };
}

export function runDocument(run: RunSummary): InferOutput<typeof runAnswer> {
  const { name, digest, sizeBytes, files } = run.payload;
  return {
    id: run.id,
    mode: run.mode,
    payload: { name, digest, size_bytes: sizeBytes, files },
    created_at: run.createdAt,
    finished_at: run.finishedAt,
    exit_code: run.exitCode,
    instances: run.instances,
    counts: run.counts,
  };
}
