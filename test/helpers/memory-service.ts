import { OUTPUT_TAIL_BYTES, type Deployment, type DeploymentOrder } from '../../src/model/deployment.ts';
import { SpotError } from '../../src/model/errors.ts';
import { newInstance, type Instance } from '../../src/model/instance.ts';
import type { Task } from '../../src/model/task.ts';
import type { Caller, Deployed, DeployRequest, Page, PageQuery, ServiceApi } from '../../src/service/api.ts';

const AT = '2026-11-21T03:45:12.000Z';

/** The service without its executor, in memory: what is asked for stays pending. Tests of the doors look at the calls. */
export class MemoryService implements ServiceApi {
  readonly instancesById = new Map<string, Instance>();
  readonly deploymentsById = new Map<string, Deployment>();
  readonly tasksById = new Map<string, Task>();
  /** name and arguments of each call that changes something */
  readonly calls: { readonly what: string; readonly args: readonly unknown[] }[] = [];
  /** thrown by the next call of `deploy`, in place of an answer */
  failure: Error | null = null;
  /** `deploy` answers when this does */
  gate: Promise<void> = Promise.resolve();
  status: 'ok' | 'stopping' = 'ok';

  constructor(...instanceIds: readonly string[]) {
    for (const id of instanceIds) this.instancesById.set(id, newInstance(id, { name: `name of ${id}` }, AT));
  }

  readonly deploy: ServiceApi['deploy'] = async (request, caller) => {
    this.calls.push({ what: 'deploy', args: [request, caller] });
    await this.gate;
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure;
    return this.#taken(request, caller);
  };

  readonly create: ServiceApi['create'] = async (request, caller) => {
    this.calls.push({ what: 'create', args: [request, caller] });
    const orders = request.instances.map(({ execute, remotePath, timeoutMs, payload, ...create }) => ({
      ...orderOf({ execute, remotePath, timeoutMs }),
      create,
      payload: payload === null ? null : REFERENCE,
    }));
    return this.#deployed(
      orders.map((order) => this.#add(null, order, caller)),
      [],
    );
  };

  readonly startRun: ServiceApi['startRun'] = async (request, caller) => {
    this.calls.push({ what: 'startRun', args: [request, caller] });
    return { ...this.#taken(request, caller), runId: '20261121-034512-9f3a', payload: REFERENCE };
  };

  readonly deployment = (id: string): Deployment => this.deploymentsById.get(id) ?? unknown('deployment', id);

  readonly deployments: ServiceApi['deployments'] = ({ instanceId, ...query }) =>
    page(
      [...this.deploymentsById.values()].reverse().filter((each) => each.instanceId === instanceId),
      ({ id }) => id,
      query,
    );

  readonly cancel: ServiceApi['cancel'] = async (id, caller) => {
    this.calls.push({ what: 'cancel', args: [id, caller] });
    const cancelled = { ...this.deployment(id), cancelledBy: caller.name };
    this.deploymentsById.set(id, cancelled);
    return cancelled;
  };

  readonly cancelRun: ServiceApi['cancelRun'] = async (runId, caller) => {
    this.calls.push({ what: 'cancelRun', args: [runId, caller] });
    unknown('run', runId);
  };

  readonly task = (id: string): Task => this.tasksById.get(id) ?? unknown('task', id);

  readonly tasks: ServiceApi['tasks'] = ({ deploymentId, status, ...query }) =>
    page(
      [...this.tasksById.values()].filter(
        (task) =>
          (deploymentId === null || task.deploymentId === deploymentId) && (status === null || task.status === status),
      ),
      ({ id }) => id,
      query,
    );

  readonly tasksOf = (deploymentId: string): readonly Task[] =>
    [...this.tasksById.values()].filter((task) => task.deploymentId === deploymentId);

  readonly tasksOfEach: ServiceApi['tasksOfEach'] = (ids) => new Map(ids.map((id) => [id, this.tasksOf(id)]));

  readonly instances: ServiceApi['instances'] = (query) =>
    page([...this.instancesById.values()], ({ instanceId }) => instanceId, query);

  readonly instance = (id: string): Instance => this.instancesById.get(id) ?? unknown('instance', id);

  readonly terminate: ServiceApi['terminate'] = async (id, caller) => {
    this.calls.push({ what: 'terminate', args: [id, caller] });
    return { ...this.instance(id), state: 'shutting-down' };
  };

  readonly select: ServiceApi['select'] = () => ({
    chosen: [...this.instancesById.values()],
    skipped: [],
    unmatched: { limit: [], exclude: [] },
    notReady: [],
  });

  readonly run: ServiceApi['run'] = (runId) => unknown('run', runId);

  readonly events: ServiceApi['events'] = (runId) => unknown('run', runId);

  readonly health: ServiceApi['health'] = () => ({
    status: this.status,
    queue: { due: this.deploymentsById.size, putOff: 2, claimed: 1 },
    workers: 3,
  });

  #taken(request: DeployRequest, caller: Caller): Deployed {
    const known = request.instanceIds.filter((id) => this.instancesById.has(id));
    const others = request.instanceIds.filter((id) => !this.instancesById.has(id));
    const order = { ...orderOf(request), payload: REFERENCE };
    return this.#deployed(
      known.map((id) => this.#add(id, order, caller)),
      others,
    );
  }

  #deployed(deployments: readonly Deployment[], unknownIds: readonly string[]): Deployed {
    return {
      deployments,
      taskIds: deployments.flatMap(({ id }) => this.tasksOf(id).map((task) => task.id)),
      errors: unknownIds.map((instance) => ({
        instance,
        code: 'instance-unknown',
        message: `there is no instance ${instance}`,
      })),
    };
  }

  #add(instanceId: string | null, order: DeploymentOrder, caller: Caller): Deployment {
    const number = this.deploymentsById.size + 1;
    const deployment: Deployment = {
      id: `pl-${number}`,
      requestId: caller.requestId,
      requestedBy: caller.name,
      instanceId,
      runId: null,
      order,
      status: 'pending',
      executed: false,
      executionMs: null,
      output: '',
      errorOutput: '',
      problem: null,
      cancelledBy: null,
      createdAt: AT,
      updatedAt: AT,
      finishedAt: null,
    };
    this.deploymentsById.set(deployment.id, deployment);
    this.#addTask(deployment.id, 'payload_transfer', null);
    if (order.execute) this.#addTask(deployment.id, 'payload_execute', `tk-${this.tasksById.size}`);
    return deployment;
  }

  #addTask(deploymentId: string, kind: Task['kind'], dependsOn: string | null): void {
    const id = `tk-${this.tasksById.size + 1}`;
    this.tasksById.set(id, {
      id,
      deploymentId,
      kind,
      status: dependsOn === null ? 'queued' : 'waiting',
      dependsOn,
      tries: 0,
      dueAt: AT,
      workerId: null,
      problem: null,
      createdAt: AT,
      startedAt: null,
      updatedAt: AT,
      finishedAt: null,
    });
  }
}

const REFERENCE = { name: 'deploy', version: 3, digest: 'ab'.repeat(32) };

/** A deployment that has come to a good end, but for what is given. */
export function finished(change: Partial<Deployment>): Partial<Deployment> {
  const output = 'x'.repeat(Math.min(3, OUTPUT_TAIL_BYTES));
  return { status: 'completed', executed: true, executionMs: 5321, output, finishedAt: AT, ...change };
}

function orderOf({
  execute,
  remotePath,
  timeoutMs,
}: Pick<DeploymentOrder, 'execute' | 'remotePath' | 'timeoutMs'>): DeploymentOrder {
  return {
    create: null,
    payload: null,
    args: [],
    execute,
    remotePath,
    timeoutMs,
    cleanup: false,
    exclusive: false,
  };
}

function page<T>(items: readonly T[], idOf: (item: T) => string, { limit, cursor }: PageQuery): Page<T> {
  const start = cursor === null ? 0 : items.findIndex((item) => idOf(item) === cursor) + 1;
  const found = items.slice(start, start + limit);
  const last = found.at(-1);
  return { items: found, nextCursor: last !== undefined && start + limit < items.length ? idOf(last) : null };
}

function unknown(what: 'deployment' | 'task' | 'run' | 'instance', id: string): never {
  throw new SpotError(`${what}-unknown`, `there is no ${what} ${id}`, { exitCode: 64 });
}
