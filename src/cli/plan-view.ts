import { formatHostPort } from '../inventory/host-spec.ts';
import { ExitCode } from '../model/exit-code.ts';
import { labelOf } from '../model/instance.ts';
import type { Plan } from '../model/plan.ts';
import { remotePaths } from '../remote/job.ts';
import { payloadDocument, skipDocument } from '../report/json.ts';
import { formatTable } from '../report/table.ts';
import { formatBytes, formatDuration, plural } from '../util/format.ts';
import type { Io } from './io.ts';

/** `--dry-run`: the plan, and nothing done. */
export function showPlan(plan: Plan, selection: string, json: boolean, io: Io): number {
  if (json) io.stdout.write(`${JSON.stringify(planDocument(plan), null, 2)}\n`);
  else io.stdout.write(planText(plan, selection, io.stdout.columns));
  return ExitCode.ok;
}

function planDocument(plan: Plan): unknown {
  return {
    schema: 1,
    plan: {
      mode: plan.mode,
      payload: payloadDocument(plan.payload),
      interpreter: plan.payload.manifest.interpreter,
      args: plan.args,
      environment: plan.environment,
      remote_path: plan.remotePath,
      cleanup: plan.cleanup,
    },
    targets: plan.targets.map(({ instance, host }) => ({
      instance_id: instance.instanceId,
      name: instance.name,
      address: host.address,
      user: host.user,
      port: host.port,
    })),
    skipped: plan.skipped.map(skipDocument),
  };
}

function planText(plan: Plan, selection: string, columns: number | undefined): string {
  const { payload, limits } = plan;
  const { metadata, interpreter, files } = payload.manifest;
  const count = plural(files.filter(({ type }) => type === 'file').length, 'file');
  const verb = plan.mode === 'copy' ? 'copy' : `run with ${interpreter.join(' ')}`;
  const rows = plan.targets.map(({ instance, host, stamp }) => [
    labelOf(instance),
    `${host.user === null ? '' : `${host.user}@`}${formatHostPort(host.address, host.port)}`,
    remotePaths(stamp).deploy.replace(stamp, '<time>_<pid>'),
  ]);
  return [
    'Dry run: nothing is connected to, nothing is changed.',
    selection,
    `payload  ${metadata.name} with ${count}, ${formatBytes(payload.sizeBytes)} packed, sha256 ${payload.digest.slice(0, 16)}…`,
    `action   ${[verb, ...plan.args].join(' ')}`,
    `limits   connect ${formatDuration(limits.connectTimeoutMs)}, upload ${formatDuration(limits.uploadTimeoutMs)}, script ${formatDuration(limits.executionTimeoutMs)}, ${limits.concurrency} at once`,
    '',
    formatTable(['INSTANCE', 'HOST', 'DEPLOY_FILES_DIR'], rows, { columns }),
  ].join('\n');
}
