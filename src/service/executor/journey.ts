import type { Deployment } from '../../model/deployment.ts';
import { type Problem, SpotError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { Task } from '../../model/task.ts';
import { CancelledError } from '../../run/explain.ts';
import { closeRun } from '../run-end.ts';
import { formatDuration } from '../../util/format.ts';
import type { Disposition } from '../queue/queue.ts';
import { lookForArrival } from './arrival.ts';
import { isInHandsOf } from './fence.ts';
import { putOff } from './put-off.ts';
import { complete, giveUp } from './settle.ts';
import { GIVEN_BACK, type Step, type StepDeps } from './step.ts';
import { Trip } from './trip.ts';
import type { Work } from './work.ts';

/**
 * Brings one deployment further, from wherever the state says that it is:
 *
 *   instance_create --> the instance is ordered, and runs
 *   payload_transfer --> it is up --> it is planned --> it takes the payload --> the attempt, over one connection
 *   payload_execute --> the same attempt
 *
 * What is not ready puts it off. Somebody who wants its end is heard before each of these, and in each of them.
 */
export class Journey {
  readonly #work: Work;
  readonly #deps: StepDeps;
  /** ids of the tasks that were begun in this claim */
  readonly #begun = new Set<string>();

  constructor(work: Work, deps: StepDeps) {
    this.#work = work;
    this.#deps = deps;
  }

  async goOn(): Promise<Disposition> {
    for (;;) {
      if (this.#work.isLeft) return GIVEN_BACK;
      const deployment = this.#deps.state.deployments.find(this.#work.deploymentId);
      if (deployment?.finishedAt !== null) return this.#end(deployment ?? null);
      const step = await this.#step(deployment).catch((error: unknown) => this.#heard(error));
      if (step !== null) return step === 'done' ? this.#end(deployment) : step;
    }
  }

  /** The wish is in the state, too: the next round acts upon it. */
  #heard(error: unknown): null {
    if (error instanceof CancelledError && this.#deps.state.deployments.find(this.#work.deploymentId)?.cancelledBy) {
      return null;
    }
    throw error;
  }

  async #step(deployment: Deployment): Promise<Step> {
    const task = this.#begin(deployment);
    const isPlanned = deployment.runId !== null;
    if (deployment.cancelledBy !== null && !isPlanned) return this.#giveUpWaiting(deployment, deployment.cancelledBy);
    if (task.kind === 'instance_create') return this.#create(deployment, task);
    if (!isPlanned) return this.#plan(deployment, task);
    return new Trip(deployment, task, this.#work, this.#deps).take();
  }

  /** An instance that was made stays, and is in the deployment. */
  #giveUpWaiting(deployment: Deployment, by: string): Step {
    const instanceId = deployment.order.create === null ? null : this.#deps.creator.finished(deployment);
    if (instanceId !== null) this.#deps.state.deployments.advance(deployment.id, { instanceId });
    return this.#fail(deployment, { code: 'cancelled', message: `cancelled by ${by}` });
  }

  /** Takes its task from whoever had it before. */
  #begin({ id }: Deployment): Task {
    const { tasks } = this.#deps.state;
    const next = tasks.ofDeployment(id).find(({ finishedAt }) => finishedAt === null);
    if (next === undefined) throw new Error(`deployment ${id} has not ended, and all of its tasks have`);
    if (this.#begun.has(next.id)) return next;
    this.#begun.add(next.id);
    tasks.begin(next.id, this.#work.workerId);
    return tasks.find(next.id) ?? next;
  }

  async #create(deployment: Deployment, task: Task): Promise<Step> {
    const { state, creator } = this.#deps;
    if (deployment.instanceId === null) return this.#order(deployment, task);
    const arrival = await lookForArrival(deployment, this.#deps);
    if (arrival.kind === 'coming') return this.#notYet(deployment, task, arrival.problem);
    creator.finished(deployment);
    if (arrival.kind === 'never') return this.#fail(deployment, arrival.problem);
    if (deployment.order.payload === null) {
      complete(deployment.id, state);
      return 'done';
    }
    state.tasks.end(task.id, 'completed', null);
    return null;
  }

  async #order(deployment: Deployment, task: Task): Promise<Step> {
    const { state, creator } = this.#deps;
    try {
      const creation = await creator.create(deployment, this.#work.signal);
      if (creation.kind === 'busy') return this.#notYet(deployment, task, BUSY);
      if (creation.kind === 'none') return this.#fail(deployment, noCapacity(creation.shortages));
      state.deployments.advance(deployment.id, { instanceId: creation.instance.instanceId });
      return null;
    } catch (error) {
      if (!(error instanceof SpotError) || error.code.startsWith('state-')) throw error;
      const { code, message, exitCode } = error;
      // what AWS does not answer now it may answer later; the call is repeated as it was
      if (exitCode === ExitCode.noInstance) return this.#notYet(deployment, task, { code, message });
      return this.#fail(deployment, { code, message });
    }
  }

  async #plan(deployment: Deployment, task: Task): Promise<Step> {
    const arrival = await lookForArrival(deployment, this.#deps);
    if (arrival.kind === 'coming') return this.#notYet(deployment, task, arrival.problem);
    if (arrival.kind === 'never') return this.#fail(deployment, arrival.problem);
    try {
      const { workerId } = this.#work;
      const isOurs = (): boolean => isInHandsOf(workerId, deployment.id, this.#deps.state);
      await this.#deps.planner.plan(deployment, arrival.instance, isOurs);
      return null;
    } catch (error) {
      if (!(error instanceof SpotError) || error.code.startsWith('state-')) throw error;
      return this.#fail(deployment, error);
    }
  }

  #notYet(deployment: Deployment, task: Task, problem: Problem): Step {
    const { clock, readyTimeoutMs } = this.#deps;
    const waitedMs = clock.now() - Date.parse(task.startedAt ?? task.createdAt);
    if (waitedMs < readyTimeoutMs) return putOff(task, problem, this.#deps);
    const { message } = problem;
    const code = problem.code.startsWith('aws-') ? problem.code : 'not-ready';
    return this.#fail(deployment, { code, message: `not ready after ${formatDuration(readyTimeoutMs)}: ${message}` });
  }

  #fail({ id }: Deployment, problem: Problem): Step {
    const { code, message } = problem;
    giveUp(id, { code, message, isCancelled: code === 'cancelled' }, this.#deps.state);
    return 'done';
  }

  /** The last one to end closes the run; so does whoever finds that the last one died before. */
  #end(deployment: Deployment | null): Disposition {
    const { events, state } = this.#deps;
    const runId = deployment?.runId ?? null;
    if (runId !== null) {
      const end = closeRun(runId, this.#deps);
      if (end !== null) {
        events.append(runId, end);
        events.flush();
      }
      // spot attach or spot stop may have closed it
      if (state.runs.find(runId)?.finishedAt) state.environments.forget(runId);
    }
    return 'done';
  }
}

const BUSY: Problem = { code: 'creation-busy', message: 'another worker is at that creation' };

function noCapacity(shortages: readonly string[]): Problem {
  const why = shortages.length === 0 ? 'EC2 has made none' : shortages.join('; ');
  return { code: 'no-capacity', message: `no instance was to be had: ${why}` };
}
