import type { Instance } from '../../model/instance.ts';

/** A machine to log in to. */
export interface ExportedHop {
  readonly user: string;
  /** IP address or name */
  readonly address: string;
  readonly port: number;
  /** absolute */
  readonly identityFiles: readonly string[];
  /** the name to look up in known_hosts instead of the address */
  readonly hostKeyAlias: string | null;
}

/** An instance as others are told of it. */
export interface Exported {
  readonly instance: Instance;
  /** IP address or name, as the state has it */
  readonly address: string;
  /** as a run would log in to it: what ssh_config says is filled in */
  readonly hop: ExportedHop;
  /** the machines to go through, in the order in which they are connected */
  readonly jumps: readonly ExportedHop[];
}

/** A text for a file, and what could not be said in it. */
export interface ExportedText {
  readonly text: string;
  /** one sentence each */
  readonly warnings: readonly string[];
}
