import type { Subscriber } from '../model/event.ts';
import type { Fate } from '../model/fate.ts';
import type { Instance } from '../model/instance.ts';
import type { Transport } from '../transport/transport.ts';
import type { Clock } from '../util/clock.ts';
import type { Secret } from '../util/secret.ts';
import type { Ledger } from './ledger.ts';
import type { SudoPassword } from './sudo-password.ts';

/** Asks the source of instances what became of them. */
export interface Fates {
  /** @returns null where the instance has no source that could tell */
  of(instance: Instance): Promise<Fate | null>;
}

/** What a run needs from outside. */
export interface RunDeps {
  readonly transport: Transport;
  /** null where nobody can be asked */
  readonly fates: Fates | null;
  readonly ledger: Ledger;
  readonly emit: Subscriber;
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  /** makes the tails of folder names for further tries, later than those of the plan */
  readonly stamp: () => string;
  /** outputs go to `<logsDir>/<instance>.{out,err}`; made if missing */
  readonly logsDir: string;
  /** values of `plan.environment` */
  readonly environment: ReadonlyMap<string, Secret>;
  /** left out where none is known, or none is needed */
  readonly sudoPassword?: SudoPassword;
  /**
   * aborted with a `CancelledError` it cancels the run: every attempt still ends in one outcome; with `Detached` every
   * attempt is left at once, wherever it is
   */
  readonly signal: AbortSignal;
  /** aborted it leaves what runs running, and starts nothing more; with `HANG_UP` where nobody chose to leave */
  readonly detach: AbortSignal;
}

/** The terminal is gone: then a lease on the instances counts. */
export const HANG_UP = 'SIGHUP';
