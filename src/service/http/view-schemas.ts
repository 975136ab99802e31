import * as v from 'valibot';
import { OUTCOME_KINDS, STEPS } from '../../model/outcome.ts';
import { instanceAnswer } from '../rpc/answers.ts';
import { name } from '../rpc/kinds.ts';
import { runAnswer } from './run-schemas.ts';

/** The shapes of what there is to look at. Times are ISO 8601, UTC; sizes are in bytes. */
const text = v.string();
const textOrNull = v.nullable(v.string());
const count = v.pipe(v.number(), v.integer());
const countOrNull = v.nullable(count);
const outcomeOrNull = v.nullable(v.picklist(OUTCOME_KINDS));
const problem = v.strictObject({ code: text, message: text });

export const memberAnswer = v.strictObject({
  ...instanceAnswer.entries,
  /** what was done last on it, of what was begun; `outcome` is null as long as it is open */
  last: v.nullable(v.strictObject({ run_id: text, outcome: outcomeOrNull, finished_at: textOrNull })),
});

export const fleetAnswer = v.strictObject({ instances: v.array(memberAnswer), next_cursor: textOrNull });

export const anyRunAnswer = v.strictObject({
  ...runAnswer.entries,
  /** `left`: nobody is at it, and it has not ended */
  state: v.picklist(['finished', 'running', 'left']),
  user: textOrNull,
  host: text,
  rerun_of: textOrNull,
  args: v.array(text),
  /** attempts that have not ended */
  open: count,
  /** number of the last event there is; null: a run of the command line, which has none */
  last_event: countOrNull,
});

export const runsAnswer = v.strictObject({ runs: v.array(anyRunAnswer), next_cursor: textOrNull });

const output = v.strictObject({
  bytes: count,
  /** whether it can be read here; else it was pruned, or is on another machine */
  is_here: v.boolean(),
});

export const attemptAnswer = v.strictObject({
  run_id: text,
  instance_id: text,
  name: textOrNull,
  address: text,
  outcome: outcomeOrNull,
  /** the one last begun; null before the first */
  step: v.nullable(v.picklist(STEPS)),
  started_at: textOrNull,
  finished_at: textOrNull,
  exit_code: countOrNull,
  signal: textOrNull,
  /** of `skipped` */
  reason: textOrNull,
  error: v.nullable(problem),
  evidence: v.array(text),
  steps: v.array(v.strictObject({ name: v.picklist(STEPS), ms: v.number(), bytes: count })),
  remote_dir: textOrNull,
  stdout: output,
  stderr: output,
  /** the newest line of a script that goes on */
  said: v.nullable(v.strictObject({ line: text, at: text })),
});

export const attemptsAnswer = v.strictObject({ attempts: v.array(attemptAnswer), next_cursor: textOrNull });

export const clustersAnswer = v.strictObject({
  clusters: v.array(
    v.strictObject({
      outcome: v.picklist(OUTCOME_KINDS),
      headline: text,
      /** all members said the very same bytes */
      is_exact: v.boolean(),
      /** ids */
      instances: v.array(text),
      sample: v.strictObject({ instance_id: text, stdout_tail: text, stderr_tail: text }),
    }),
  ),
});

const version = {
  name: text,
  version: count,
  active: v.boolean(),
  digest: text,
  size_bytes: count,
  created_at: text,
};

export const registryAnswer = v.strictObject({ versions: v.array(v.strictObject(version)) });

export const versionAnswer = v.strictObject({
  ...version,
  interpreter: v.array(text),
  entrypoint: text,
  /** names alone, as people keep secrets in values */
  environment: v.array(text),
  files: v.array(
    v.strictObject({
      type: v.picklist(['file', 'directory', 'link']),
      path: text,
      size_bytes: countOrNull,
      /** `0755` */
      mode: textOrNull,
      target: textOrNull,
    }),
  ),
});

export const attemptParams = v.strictObject({ id: name, instance: name });
export const outputParams = v.strictObject({
  id: name,
  instance: name,
  stream: v.picklist(['stdout', 'stderr'], 'it is neither stdout nor stderr'),
});
export const versionParams = v.strictObject({
  name,
  version: v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/, 'it is not the number of a version')),
});

export type MemberAnswer = v.InferOutput<typeof memberAnswer>;
export type FleetAnswer = v.InferOutput<typeof fleetAnswer>;
export type RunAnswer = v.InferOutput<typeof anyRunAnswer>;
export type RunsAnswer = v.InferOutput<typeof runsAnswer>;
export type AttemptAnswer = v.InferOutput<typeof attemptAnswer>;
export type AttemptsAnswer = v.InferOutput<typeof attemptsAnswer>;
export type ClustersAnswer = v.InferOutput<typeof clustersAnswer>;
export type RegistryAnswer = v.InferOutput<typeof registryAnswer>;
export type VersionAnswer = v.InferOutput<typeof versionAnswer>;
