import type { LaunchPlace } from '../model/creation.ts';
import type { Instance } from '../model/instance.ts';

/** What happens until the instances of a creation are up. */
export type CreateEvent =
  | { readonly type: 'ordering'; readonly place: LaunchPlace; readonly count: number }
  | {
      /** a place had not as many as were asked for */
      readonly type: 'short';
      readonly place: LaunchPlace;
      /** why, one sentence each */
      readonly shortages: readonly string[];
      /** of the whole creation, so far */
      readonly created: number;
      /** where it goes on, or null where no place is left */
      readonly next: LaunchPlace | null;
    }
  /** one sentence, e.g. about something that was made on the way and could not be removed */
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'waiting'; readonly pending: number; readonly running: number }
  | { readonly type: 'running'; readonly instance: Instance; readonly ms: number }
  /** it ended before it was ready; its reason is in it */
  | { readonly type: 'ended'; readonly instance: Instance };

export type CreateSubscriber = (event: CreateEvent) => void;
