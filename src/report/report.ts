import type { Subscriber } from '../model/event.ts';

/** Turns the events of one run into something to look at. `emit` must not throw and is never called after `close`. */
export interface Report {
  readonly emit: Subscriber;
  /** writes what is left and releases timers; called once */
  close(): void | Promise<void>;
}

/** A report that keeps the screen busy and can make room for a question. */
export interface ScreenReport extends Report {
  /** takes the view off the screen; events are still followed */
  suspend(): void;
  resume(): void;
}
