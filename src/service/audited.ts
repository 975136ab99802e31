import type { PayloadReference } from '../model/deployment.ts';
import { SpotError } from '../model/errors.ts';
import type { AuditTable } from '../state/audit.ts';
import type { Caller, Deployed, ServiceApi } from './api.ts';
import type { ServiceLog } from './log.ts';
import type { PayloadUploads } from './payloads/uploads.ts';

/** Instances that an audit row names; how many more there were is said. All of them are in `deployments`. */
const NAMED = 10;

/** The service, with a row in the audit for each call that is to change something, well or badly ended. */
export function audited(api: ServiceApi, audit: AuditTable, log: ServiceLog): ServiceApi {
  const record = createRecorder(audit, log);
  return {
    deploy: (request, caller) =>
      record({ what: 'deploy', target: named(request.instanceIds), caller, done: taken }, () =>
        api.deploy(request, caller),
      ),
    create: (request, caller) =>
      record({ what: 'create', target: named(request.instances.map(orderWords)), caller, done: taken }, () =>
        api.create(request, caller),
      ),
    startRun: (request, caller) =>
      record({ what: 'start-run', target: named(request.instanceIds), caller, done: taken }, () =>
        api.startRun(request, caller),
      ),
    cancel: (id, caller) => record({ what: 'cancel', target: id, caller, done: ok }, () => api.cancel(id, caller)),
    cancelRun: (runId, caller) =>
      record({ what: 'cancel-run', target: runId, caller, done: ok }, () => api.cancelRun(runId, caller)),
    terminate: (id, caller) =>
      record({ what: 'terminate', target: id, caller, done: ok }, () => api.terminate(id, caller)),
    deployment: (id) => api.deployment(id),
    deployments: (query) => api.deployments(query),
    task: (id) => api.task(id),
    tasks: (query) => api.tasks(query),
    tasksOf: (id) => api.tasksOf(id),
    tasksOfEach: (ids) => api.tasksOfEach(ids),
    instances: (query) => api.instances(query),
    instance: (id) => api.instance(id),
    select: (words) => api.select(words),
    run: (runId) => api.run(runId),
    events: (runId, after, signal) => api.events(runId, after, signal),
    health: () => api.health(),
  };
}

/** Uploads, on record as the rest is. */
export function auditedUploads(uploads: PayloadUploads, audit: AuditTable, log: ServiceLog): CalledUploads {
  const record = createRecorder(audit, log);
  return {
    accept: (content, caller) =>
      record({ what: 'upload', target: null, caller, done: ok }, () => uploads.accept(content)),
  };
}

/** Uploads, by whoever asks for them. */
export interface CalledUploads {
  accept(content: AsyncIterable<Buffer>, caller: Caller): Promise<PayloadReference>;
}

interface Call<Result> {
  readonly what: string;
  readonly target: string | null;
  readonly caller: Caller;
  /** the outcome that the row shows */
  readonly done: (result: Result) => string;
}

type Recorder = <Result>(call: Call<Result>, carryOut: () => Promise<Result>) => Promise<Result>;

function createRecorder(audit: AuditTable, log: ServiceLog): Recorder {
  const add = ({ what, target, caller }: Omit<Call<unknown>, 'done'>, outcome: string): void => {
    try {
      audit.add({ who: caller.name, what, target, requestId: caller.requestId, outcome });
    } catch (error) {
      // what was asked for is on its way: an error would have the caller ask again
      log.error('the audit cannot be written', { who: caller.name, what, outcome, requestId: caller.requestId, error });
    }
  };
  return async (call, carryOut) => {
    try {
      const result = await carryOut();
      add(call, call.done(result));
      return result;
    } catch (error) {
      add(call, error instanceof SpotError ? error.code : 'internal');
      throw error;
    }
  };
}

function ok(): string {
  return 'ok';
}

function taken({ deployments, errors: [first] }: Deployed): string {
  if (first === undefined) return 'ok';
  return deployments.length > 0 ? 'partly' : first.code;
}

function named(words: readonly string[]): string {
  const more = words.length - NAMED;
  return words.slice(0, NAMED).join(',') + (more > 0 ? ` and ${more} more` : '');
}

function orderWords({ region, size, name }: { region: string; size: string; name: string | null }): string {
  return [region, size, ...(name === null ? [] : [name])].join('/');
}
