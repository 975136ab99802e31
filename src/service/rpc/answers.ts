import * as v from 'valibot';
import { DEPLOYMENT_STATUSES } from '../../model/deployment.ts';
import { INSTANCE_STATES, PAYLOAD_STATUSES } from '../../model/instance.ts';
import { TASK_KINDS, TASK_STATUSES } from '../../model/task.ts';

/** The shapes of what is answered; the OpenAPI document is made of them. Times are ISO 8601, UTC. */
const text = v.string();
const textOrNull = v.nullable(v.string());
const count = v.pipe(v.number(), v.integer());
const problem = v.strictObject({ code: text, message: text });

export const deployedAnswer = v.strictObject({
  /** every instance of the request was taken on */
  success: v.boolean(),
  payload_ids: v.array(text),
  task_ids: v.array(text),
  errors: v.array(v.strictObject({ instance_id: text, code: text, message: text })),
});

export const payloadAnswer = v.strictObject({
  id: text,
  instance_id: textOrNull,
  /** `name@version` */
  payload: textOrNull,
  remote_path: textOrNull,
  status: v.picklist(DEPLOYMENT_STATUSES),
  /** `5.321s` */
  execution_time: textOrNull,
  executed: v.boolean(),
  output: text,
  error_output: text,
  error: textOrNull,
  error_code: textOrNull,
  /** the one it is at, or was last */
  task_id: textOrNull,
  run_id: textOrNull,
  requested_by: text,
  cancelled_by: textOrNull,
  created_at: text,
  updated_at: text,
  finished_at: textOrNull,
});

export const taskAnswer = v.strictObject({
  id: text,
  payload_id: text,
  type: v.picklist(TASK_KINDS),
  status: v.picklist(TASK_STATUSES),
  depends_on: textOrNull,
  tries: count,
  due_at: text,
  worker_id: textOrNull,
  error: v.nullable(problem),
  created_at: text,
  started_at: textOrNull,
  updated_at: text,
  finished_at: textOrNull,
});

/** The public columns of the `instances` table. */
export const instanceAnswer = v.strictObject({
  instance_id: text,
  name: textOrNull,
  source: text,
  region: textOrNull,
  availability_zone: textOrNull,
  instance_type: textOrNull,
  state: v.picklist(INSTANCE_STATES),
  public_ip: textOrNull,
  private_ip: textOrNull,
  ssh_user: textOrNull,
  ssh_port: v.nullable(count),
  host_key: textOrNull,
  tags: v.record(text, text),
  launched_at: textOrNull,
  lifecycle: v.nullable(v.picklist(['spot', 'on-demand'])),
  hourly_price: v.nullable(v.number()),
  state_reason: textOrNull,
  payload_status: v.picklist(PAYLOAD_STATUSES),
  payload_error: textOrNull,
  seen_at: textOrNull,
  created_at: text,
  updated_at: text,
});

const nextCursor = textOrNull;

export const payloadsAnswer = v.strictObject({ payloads: v.array(payloadAnswer), next_cursor: nextCursor });
export const tasksAnswer = v.strictObject({ tasks: v.array(taskAnswer), next_cursor: nextCursor });
export const instancesAnswer = v.strictObject({ instances: v.array(instanceAnswer), next_cursor: nextCursor });
