import type { AttemptResult } from '../../model/attempt.ts';
import type { RunEvent } from '../../model/event.ts';
import type { InterruptionNotice } from '../../model/fate.ts';
import type { Step } from '../../model/outcome.ts';
import { OutputTail } from './output-tail.ts';

type Straggler = Extract<RunEvent, { type: 'straggler' }>;

/** What the live view knows of one instance of the run. Times are ms since the epoch. */
export class LiveInstance {
  readonly instanceId: string;
  /** from 1, in the order of the plan */
  readonly number: number;
  readonly label: string;
  readonly tail: OutputTail;
  /** null: it waits for its turn, or its attempt has ended */
  step: Step | null = null;
  startedAt = 0;
  stepStartedAt = 0;
  /** of the step */
  bytes = 0;
  /** of the step; null where nobody knows it beforehand */
  totalBytes: number | null = null;
  /** what the upload will come to, or came to, as far as anybody knows; bytes */
  uploadBytes = 0;
  /** of these, what is still to be sent */
  uploadLeft = 0;
  /** what it is waited for, or '' */
  waitsFor = '';
  /** of its last output */
  outputAt: number | null = null;
  /** it is about to be taken back */
  interruption: InterruptionNotice | null = null;
  straggler: Straggler | null = null;
  /** what the attempt came to */
  result: AttemptResult | null = null;

  constructor(instanceId: string, number: number, label: string, tailBytes: number) {
    this.instanceId = instanceId;
    this.number = number;
    this.label = label;
    this.tail = new OutputTail(tailBytes);
  }
}
