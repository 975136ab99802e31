import type { Subscriber } from '../model/event.ts';
import type { KeyPress } from './live/view-state.ts';

/** Turns the events of one run into something to look at. `emit` must not throw and is never called after `close`. */
export interface Report {
  readonly emit: Subscriber;
  /** writes what is left and releases timers; called once */
  close(): void | Promise<void>;
}

/** What can be asked of a report that keeps the screen busy. */
export interface ScreenControls {
  /** takes the view off the screen, so that something can be asked; events are still followed */
  suspend(): void;
  resume(): void;
  /** what was drawn does not stand above the cursor any more: somebody else has written since */
  forget(): void;
  /** draws soon, as the terminal has another size */
  redraw(): void;
  /** somebody is at the keyboard: the keys are named on screen from now on */
  listen(): void;
  /** @returns `leave` where the key asks what Ctrl-C asks */
  press(key: KeyPress): 'leave' | null;
}

export interface ScreenReport extends Report, ScreenControls {}
