import type { Outcome, OutcomeCounts, Step } from './outcome.ts';

/** How long a step took and how many bytes it moved over the network (upload: sent, collect: received). */
export interface StepTiming {
  readonly name: Step;
  readonly ms: number;
  readonly bytes: number;
}

/** A whole output of a script on disk. */
export interface OutputFile {
  /** absolute, or null where there was no output at all */
  readonly path: string | null;
  readonly bytes: number;
  /** the last bytes as text, at most `TAIL_BYTES`, cut at a line */
  readonly tail: string;
}

/** What was brought home of a script's rescue folder. */
export interface RescueFolder {
  /** absolute */
  readonly path: string;
  /** of its files */
  readonly bytes: number;
}

/** What one attempt came to. */
export interface AttemptResult {
  readonly instanceId: string;
  readonly name: string | null;
  readonly address: string;
  readonly outcome: Outcome;
  /** short facts that prove the outcome, e.g. `killed 4 processes` */
  readonly evidence: readonly string[];
  readonly steps: readonly StepTiming[];
  /** DEPLOY_FILES_DIR on the instance, or null if it was never made or is gone again */
  readonly remoteDir: string | null;
  readonly stdout: OutputFile;
  readonly stderr: OutputFile;
  /** null where there was nothing, or none of it came */
  readonly rescue: RescueFolder | null;
}

/** What a run came to: one result per target, in plan order. */
export interface RunResult {
  readonly runId: string;
  /** ISO 8601, UTC */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  /** those that have ended */
  readonly attempts: readonly AttemptResult[];
  /** ids of the instances on which the script was left running */
  readonly running: readonly string[];
  readonly counts: OutcomeCounts;
  readonly exitCode: number;
}
