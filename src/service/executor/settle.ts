import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { AttemptResult, OutputFile } from '../../model/attempt.ts';
import { type Deployment, NOT_EXECUTED, OUTPUT_TAIL_BYTES } from '../../model/deployment.ts';
import type { Problem } from '../../model/errors.ts';
import { type Outcome, problemOf, type Step } from '../../model/outcome.ts';
import { payloadErrorOf } from '../../model/payload-status.ts';
import { resultOf } from '../../state/attempt-result.ts';
import type { State } from '../../state/state.ts';
import { TailBuffer } from '../../util/tail-buffer.ts';

type Tables = Pick<State, 'atomically' | 'deployments' | 'tasks'>;

/** What a deployment comes to with the end of its attempt. */
export interface Settlement {
  readonly result: AttemptResult;
  /** the step last begun, or null */
  readonly step: Step | null;
  /** the ends of what the script said; by default they are read from its files */
  readonly tails?: { readonly stdout: string; readonly stderr: string };
  /** of the script alone, ms; by default as long as its attempt has followed it */
  readonly executionMs?: number;
}

/** Ends a deployment, and its tasks, with what its attempt has come to; no status is left out. The first end counts. */
export function settle(deployment: Deployment, { result, step, tails, executionMs }: Settlement, state: Tables): void {
  const { id, order } = deployment;
  const { outcome, steps, stdout, stderr } = result;
  const isDone = outcome.kind === 'succeeded';
  const hasStarted = order.execute && isAfterStart(step);
  const problem = problemFrom(outcome);
  const end = {
    status: isDone ? ('completed' as const) : ('failed' as const),
    executed: order.execute && ['succeeded', 'failed', 'killed'].includes(outcome.kind),
    executionMs: hasStarted ? (executionMs ?? steps.find(({ name }) => name === 'execute')?.ms ?? null) : null,
    output: storable(tails?.stdout ?? endOf(stdout)),
    errorOutput: storable(tails?.stderr ?? endOf(stderr)),
    problem,
  };
  state.atomically(() => {
    if (hasStarted) started(id, null, state);
    else if (isDone) sent(id, state);
    if (!state.deployments.finish(id, end)) return;
    endTasks(id, isDone ? null : { ...(problem as Problem), isCancelled: outcome.kind === 'cancelled' }, state);
  });
}

/** Ends the deployments of a run whose attempts have ended without a worker: by `spot stop`. */
export function settleDeployments(runId: string, state: Tables & Pick<State, 'runs'>): void {
  for (const [instanceId, id] of state.deployments.openOfRun(runId)) {
    const attempt = state.runs.attempt(runId, instanceId);
    const result = resultOf(attempt);
    const deployment = result === null ? null : state.deployments.find(id);
    if (result !== null && deployment !== null) settle(deployment, { result, step: attempt.step }, state);
  }
}

/** Ends a deployment that has not come to an attempt, or whose attempt nobody understands. */
export function giveUp(id: string, problem: Problem & { readonly isCancelled?: boolean }, state: Tables): void {
  const { code, message, isCancelled = false } = problem;
  state.atomically(() => {
    if (!state.deployments.finish(id, { status: 'failed', ...NOT_EXECUTED, problem: { code, message } })) return;
    endTasks(id, { code, message, isCancelled }, state);
  });
}

/** All that was asked for is done, and there was no payload in it. */
export function complete(id: string, state: Tables): void {
  state.atomically(() => {
    if (state.deployments.finish(id, { status: 'completed', ...NOT_EXECUTED, problem: null }))
      endTasks(id, null, state);
  });
}

/** All of the payload is on the instance. */
export function sent(id: string, state: Tables): void {
  state.atomically(() => {
    if (!state.deployments.advance(id, { status: 'transferred' })) return;
    for (const task of openTasks(id, state)) {
      if (task.kind === 'instance_create' || task.kind === 'payload_transfer')
        state.tasks.end(task.id, 'completed', null);
    }
  });
}

/** The script was seen to start. @param workerId who saw it; null: it is known from the ledger */
export function started(id: string, workerId: string | null, state: Tables): void {
  state.atomically(() => {
    sent(id, state);
    if (!state.deployments.advance(id, { status: 'executing' })) return;
    const task = openTasks(id, state).find(({ kind }) => kind === 'payload_execute');
    if (task !== undefined && workerId !== null && task.status !== 'running') state.tasks.begin(task.id, workerId);
  });
}

function openTasks(id: string, { tasks }: Tables): ReturnType<State['tasks']['ofDeployment']> {
  return tasks.ofDeployment(id).filter(({ finishedAt }) => finishedAt === null);
}

function endTasks(id: string, trouble: (Problem & { readonly isCancelled: boolean }) | null, state: Tables): void {
  for (const task of openTasks(id, state)) {
    if (trouble === null) {
      state.tasks.end(task.id, 'completed', null);
      continue;
    }
    const { code, message, isCancelled } = trouble;
    // those that wait for it end with it
    state.tasks.end(task.id, isCancelled ? 'cancelled' : 'failed', { code, message });
    return;
  }
}

function isAfterStart(step: Step | null): boolean {
  return step === 'execute' || step === 'collect' || step === 'clean-up';
}

/** Null where it succeeded. */
export function problemFrom(outcome: Outcome): Problem | null {
  if (outcome.kind === 'succeeded') return null;
  const message = payloadErrorOf(outcome) ?? 'it was left out';
  return problemOf(outcome) ?? { code: `script-${outcome.kind}`, message };
}

/** PostgreSQL takes no NUL in a text. */
function storable(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}');
}

/** Of the file, as long as it is here. */
function endOf({ path, tail }: OutputFile): string {
  if (path === null) return '';
  const end = new TailBuffer(OUTPUT_TAIL_BYTES);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return tail;
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, OUTPUT_TAIL_BYTES + 1));
    end.push(bytes.subarray(0, readSync(fd, bytes, 0, bytes.byteLength, size - bytes.byteLength)));
  } finally {
    closeSync(fd);
  }
  return end.text();
}
