import type { InstanceState } from './instance.ts';

/** What became of an instance, as its source tells it. */
export interface Fate {
  readonly instanceId: string;
  /** `terminated`, too, where the source does not know it any more */
  readonly state: InstanceState;
  /** the source took it back: nobody of ours ended it */
  readonly isReclaimed: boolean;
  /** when it was lost, ISO 8601, UTC, or null where nobody says */
  readonly at: string | null;
  /** in EC2's words: `Server.SpotInstanceTermination: Spot instance termination`; '' while it runs */
  readonly reason: string;
  /** of the spot request, in EC2's words: `instance-terminated-no-capacity`; null where there is none */
  readonly requestStatus: string | null;
}

/** What a source does with an instance that it takes back. */
export const INTERRUPTION_ACTIONS = ['terminate', 'stop', 'hibernate'] as const;

/** The two-minute notice: what will be done with an instance, and when. */
export interface InterruptionNotice {
  readonly action: (typeof INTERRUPTION_ACTIONS)[number];
  /** ISO 8601, UTC */
  readonly at: string;
}
