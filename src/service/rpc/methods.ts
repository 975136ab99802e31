import type { GenericSchema, InferOutput } from 'valibot';
import { instanceDocument } from '../../report/instance-document.ts';
import type { Caller, ServiceApi } from '../api.ts';
import {
  deployedAnswer,
  instanceAnswer,
  instancesAnswer,
  payloadAnswer,
  payloadsAnswer,
  taskAnswer,
  tasksAnswer,
} from './answers.ts';
import {
  deployedDocument,
  instancesDocument,
  payloadDocument,
  payloadsDocument,
  taskDocument,
  tasksDocument,
} from './documents.ts';
import {
  createParams,
  deployParams,
  instanceIdParams,
  instancePayloadsParams,
  pageParams,
  payloadIdParams,
  taskIdParams,
  tasksParams,
} from './params.ts';
import { createRequestOf, deployRequestOf } from './requests.ts';
import { validate } from './validate.ts';

/** One method: what it takes, in the order of its parameters, and what it answers. */
export interface Method {
  readonly params: ParamsSchema;
  readonly answer: GenericSchema;
  /** @throws SpotError `params-invalid`, and what the service throws */
  readonly call: (api: ServiceApi, params: unknown, caller: Caller) => Promise<unknown>;
}

export type ParamsSchema = GenericSchema & { readonly entries: Readonly<Record<string, unknown>> };

/** All that can be called at `POST /rpc`, by name. */
export const METHODS: ReadonlyMap<string, Method> = new Map([
  [
    'deploy_payload',
    method(deployParams, deployedAnswer, async (api, params, caller) =>
      deployedDocument(await api.deploy(deployRequestOf(params), caller)),
    ),
  ],
  [
    'get_payload_status',
    method(payloadIdParams, payloadAnswer, async (api, { payload_id }) =>
      payloadDocument(api.deployment(payload_id), api.tasksOf(payload_id)),
    ),
  ],
  [
    'list_instance_payloads',
    method(instancePayloadsParams, payloadsAnswer, async (api, { instance_id: instanceId, limit, cursor }) => {
      const page = api.deployments({ instanceId, limit, cursor });
      return payloadsDocument(page, api.tasksOfEach(page.items.map(({ id }) => id)));
    }),
  ],
  [
    'cancel_payload',
    method(payloadIdParams, payloadAnswer, async (api, { payload_id }, caller) =>
      payloadDocument(await api.cancel(payload_id, caller), api.tasksOf(payload_id)),
    ),
  ],
  ['get_task', method(taskIdParams, taskAnswer, async (api, { task_id }) => taskDocument(api.task(task_id)))],
  [
    'list_tasks',
    method(tasksParams, tasksAnswer, async (api, { payload_id: deploymentId, status, limit, cursor }) =>
      tasksDocument(api.tasks({ deploymentId, status, limit, cursor })),
    ),
  ],
  ['list_instances', method(pageParams, instancesAnswer, async (api, page) => instancesDocument(api.instances(page)))],
  [
    'create_instance',
    method(createParams, deployedAnswer, async (api, params, caller) =>
      deployedDocument(await api.create(createRequestOf([params]), caller)),
    ),
  ],
  [
    'terminate_instance',
    method(instanceIdParams, instanceAnswer, async (api, { instance_id }, caller) =>
      instanceDocument(await api.terminate(instance_id, caller)),
    ),
  ],
]);

function method<Params extends ParamsSchema, Answer extends GenericSchema>(
  params: Params,
  answer: Answer,
  call: (api: ServiceApi, params: InferOutput<Params>, caller: Caller) => Promise<InferOutput<Answer>>,
): Method {
  return { params, answer, call: (api, given, caller) => call(api, validate(params, given), caller) };
}
