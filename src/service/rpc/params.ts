import * as v from 'valibot';
import { TASK_STATUSES } from '../../model/task.ts';
import { cursor, digest, flag, limit, listOf, name, path, seconds } from './kinds.ts';

/** Instances of one request. */
const MOST_INSTANCES = 10_000;
/** An order of that many is enough for EC2 to say no. */
const MOST_CREATIONS = 1000;

/** Where the payload comes from. */
export const SOURCE = {
  /** a script on the machine of the service */
  payload_path: v.nullish(path, null),
};
export const OTHER_SOURCES = {
  /** `NAME` or `NAME@VERSION` of the registry */
  payload: v.nullish(name, null),
  /** of an archive that was uploaded */
  payload_digest: v.nullish(digest, null),
};

type Sources = Readonly<Record<'payload_path' | 'payload' | 'payload_digest', string | null>>;

export const SOURCE_PATHS = [['payload_path'], ['payload'], ['payload_digest']] as const;

export function sourcesIn(given: Sources): number {
  return [given.payload_path, given.payload, given.payload_digest].filter((source) => source !== null).length;
}

export const instanceIds = v.pipe(
  listOf(name, MOST_INSTANCES),
  v.check((ids) => new Set(ids).size === ids.length, 'it names an instance twice'),
);

/** The order of the entries is the one of parameters that are given by position. */
export const deployParams = v.pipe(
  v.strictObject({
    instance_ids: instanceIds,
    ...SOURCE,
    remote_path: v.nullish(path, null),
    execute_payload: v.nullish(flag, false),
    timeout: v.nullish(seconds, null),
    ...OTHER_SOURCES,
  }),
  v.partialCheck(
    SOURCE_PATHS,
    (given) => sourcesIn(given) === 1,
    'exactly one of payload_path, payload and payload_digest has to be given',
  ),
);

export const createParams = v.pipe(
  v.strictObject({
    provider: v.literal('aws', 'it is not aws'),
    region: name,
    size: name,
    name: v.nullish(name, null),
    ...SOURCE,
    execute_payload: v.nullish(flag, false),
    remote_path: v.nullish(path, null),
    timeout: v.nullish(seconds, null),
    ...OTHER_SOURCES,
  }),
  v.partialCheck(
    SOURCE_PATHS,
    (given) => sourcesIn(given) <= 1,
    'at most one of payload_path, payload and payload_digest may be given',
  ),
);

/** The body of `POST /api/v1/instances`. */
export const createBody = v.strictObject({ instances: listOf(createParams, MOST_CREATIONS) });

/** The end of a path. */
export const idParams = v.strictObject({ id: name });
/** A route whose path ends so. */
export interface WithId {
  readonly Params: v.InferOutput<typeof idParams>;
}
export const payloadIdParams = v.strictObject({ payload_id: name });
export const taskIdParams = v.strictObject({ task_id: name });
export const instanceIdParams = v.strictObject({ instance_id: name });
export const pageParams = v.strictObject({ limit, cursor });
export const instancePayloadsParams = v.strictObject({ instance_id: name, limit, cursor });
export const tasksParams = v.strictObject({
  payload_id: v.nullish(name, null),
  status: v.nullish(v.picklist(TASK_STATUSES, `it is none of ${TASK_STATUSES.join(', ')}`), null),
  limit,
  cursor,
});
