import type { Plan, Rollout } from '../model/plan.ts';
import { remotePaths } from '../remote/job.ts';
import { payloadDocument, skipDocument } from '../report/json.ts';
import { formatBytes, formatDuration, plural } from '../util/format.ts';
import { shellCommand } from '../util/shell-quote.ts';

/** Stands for what only the run itself will know. */
const STAMP = '<time>_<pid>';

export function planDocument(plan: Plan): object {
  return {
    schema: 1,
    plan: {
      mode: plan.mode,
      payload: payloadDocument(plan.payload),
      interpreter: plan.payload.manifest.interpreter,
      args: plan.args,
      environment: plan.environment,
      remote_path: plan.remotePath,
      sudo: plan.sudo ?? null,
      cleanup: plan.cleanup,
      ready_timeout_ms: plan.readyTimeoutMs,
      rollout: rolloutDocument(plan.rollout),
      stragglers: stragglersDocument(plan),
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

/** As it is planned, in the words of the other documents. */
export function rolloutDocument({ waves, pauseMs, maxFailures }: Rollout): unknown {
  return { waves, pause_ms: pauseMs, max_failures: maxFailures };
}

function stragglersDocument({ stragglers }: Plan): object | null {
  if (stragglers === undefined) return null;
  const { after, action } = stragglers;
  return { factor: 'factor' in after ? after.factor : null, ms: 'ms' in after ? after.ms : null, action };
}

/** What is planned for each instance, by name; what there is nothing to say about is left out. */
export function planFacts(plan: Plan): (readonly [name: string, text: string])[] {
  const facts = [
    ['payload', describePayload(plan)],
    ['action', describeAction(plan)],
    ['script', plan.remotePath === null ? '' : `kept as ${plan.remotePath.replace('{stamp}', STAMP)}`],
    ['user', describeSudo(plan.sudo)],
    ['env', plan.environment.join(', ')],
    ['ready', describeReady(plan.readyTimeoutMs)],
    ['limits', describeLimits(plan.limits)],
    ['waves', describeWaves(plan.rollout)],
    ['failures', describeMaxFailures(plan.rollout)],
    ['slow', describeStragglers(plan)],
  ] as const;
  return facts.filter(([, text]) => text !== '');
}

function describePayload({ payload, cleanup }: Plan): string {
  const { metadata, files } = payload.manifest;
  const count = plural(files.filter(({ type }) => type === 'file').length, 'file');
  const where = `${remotePaths(STAMP).deploy}${cleanup ? ', removed afterwards' : ''}`;
  const size = `${formatBytes(payload.sizeBytes)} packed, sha256 ${payload.digest.slice(0, 16)}…`;
  return `${metadata.name} with ${count} (in ${where}), ${size}`;
}

function describeAction({ mode, args, payload }: Plan): string {
  if (mode === 'copy') return 'copy, run nothing';
  const behind = args.length === 0 ? '' : `, with the arguments ${shellCommand(args)}`;
  return `run it by ${payload.manifest.interpreter.join(' ')}${behind}`;
}

/** `root, by sudo`; nothing where it is whoever logs in. */
export function describeSudo(user: string | undefined): string {
  return user === undefined ? '' : `${user}, by sudo`;
}

/** `waited for, 3m00s at most`; nothing where the instances are not asked. */
export function describeReady(timeoutMs: number | null): string {
  return timeoutMs === null ? '' : `waited for, ${formatDuration(timeoutMs)} at most`;
}

/** `connect 10 s, upload 1m00s, script 5m00s, 100 at once` */
export function describeLimits(limits: Plan['limits']): string {
  const times = [
    `connect ${formatDuration(limits.connectTimeoutMs)}`,
    `upload ${formatDuration(limits.uploadTimeoutMs)}`,
    `script ${formatDuration(limits.executionTimeoutMs)}`,
  ];
  return `${times.join(', ')}, ${limits.concurrency} at once`;
}

/** Waves that are named one by one. */
const MAX_WAVES = 10;

/** `1, 10, 39 instances, 30 s apart`; nothing where there is one only. */
export function describeWaves({ waves, pauseMs }: Rollout): string {
  if (waves.length < 2) return '';
  const sizes = waves.slice(0, MAX_WAVES).join(', ');
  const more = waves.length > MAX_WAVES ? `, … (${waves.length} waves)` : '';
  return `${sizes}${more} instances${pauseMs === 0 ? '' : `, ${formatDuration(pauseMs)} apart`}`;
}

export function describeMaxFailures({ maxFailures }: Rollout): string {
  if (maxFailures === null) return '';
  return `no more is started once ${maxFailures === 0 ? 'one' : `more than ${maxFailures}`} did not succeed`;
}

const STRAGGLERS_ARE = { report: 'shown', detach: 'left running', stop: 'stopped' } as const;

/** `whose script takes 3 × the median are shown, …`; nothing where nobody is called a straggler. */
function describeStragglers({ stragglers }: Plan): string {
  if (stragglers === undefined) return '';
  const { after, action } = stragglers;
  const limit = 'factor' in after ? `${after.factor} × the median` : formatDuration(after.ms);
  return `instances whose script takes ${limit} are ${STRAGGLERS_ARE[action]}, once half have succeeded`;
}
