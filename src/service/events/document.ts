import type { RunEvent } from '../../model/event.ts';
import type { InterruptionNotice } from '../../model/fate.ts';
import type { Step } from '../../model/outcome.ts';
import type { Plan, StragglerAction } from '../../model/plan.ts';
import type { AttemptDocument, PayloadDocument, RunDocument, SCHEMA, SkipDocument } from '../../report/json.ts';

/** What the documents of a run's events need to know of the run. */
export interface RunFacts {
  readonly id: string;
  readonly mode: Plan['mode'];
  readonly payload: PayloadDocument & { readonly name: string };
}

/** In front of every event. */
export interface Front<Type extends RunEvent['type']> {
  readonly schema: typeof SCHEMA;
  readonly type: Type;
  /** ISO 8601, UTC */
  readonly at: string;
  readonly run_id: string;
}

/**
 * An event of a run as the service tells it: the names and shapes of `--json-lines`, and all that a report looks at.
 */
export type EventDocument =
  | StartedDocument
  | OutputDocument
  | FinishedDocument
  | ClosedDocument
  | (Front<'wave-started'> & { readonly wave: number; readonly waves: number; readonly instances: number })
  | (Front<'pause-started'> & { readonly wave: number; readonly waves: number; readonly ms: number })
  | (Front<'attempt-started'> & { readonly instance_id: string })
  | (Front<'step-started'> & { readonly instance_id: string; readonly step: Step })
  | (Front<'progress'> & ProgressFields)
  | (Front<'waiting'> & { readonly instance_id: string; readonly step: Step; readonly message: string })
  | (Front<'notice'> & { readonly instance_id: string | null; readonly message: string })
  | (Front<'interruption'> & InterruptionFields)
  | (Front<'straggler'> & StragglerFields);

interface ProgressFields {
  readonly instance_id: string;
  readonly step: Step;
  readonly bytes: number;
  readonly total_bytes: number | null;
}

interface InterruptionFields {
  readonly instance_id: string;
  readonly action: InterruptionNotice['action'];
  readonly time: string;
}

interface StragglerFields {
  readonly instance_id: string;
  readonly elapsed_ms: number;
  readonly median_ms: number;
  readonly action: StragglerAction;
  readonly last_line: string;
  readonly silent_ms: number | null;
}

export interface StartedDocument extends Front<'run-started'> {
  readonly mode: Plan['mode'];
  readonly payload: RunFacts['payload'];
  readonly instances: readonly {
    readonly instance_id: string;
    readonly name: string | null;
    readonly address: string;
  }[];
  readonly skipped: readonly SkipDocument[];
  readonly taken_up: boolean;
  readonly only_waits: boolean;
}

/** One of `text` (where the bytes are UTF-8) and `base64`. */
export interface OutputDocument extends Front<'output'> {
  readonly instance_id: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text?: string;
  readonly base64?: string;
}

/** An attempt of `--json`, and the ends of its outputs. */
export interface WholeAttemptDocument extends AttemptDocument {
  /** of `timed-out` and `lost`: the step it was at */
  readonly step: Step | null;
  readonly stdout_tail: string;
  readonly stderr_tail: string;
}

export interface FinishedDocument extends Front<'attempt-finished'> {
  readonly instance_id: string;
  readonly attempt: WholeAttemptDocument;
}

export interface ClosedDocument extends Front<'run-finished'> {
  readonly run: RunDocument['run'] & { readonly duration_ms: number };
  /** ids of the instances whose attempts have ended, in plan order: each has an `attempt-finished` of its own before */
  readonly attempts: readonly string[];
}
