import type { Limits, TransferMode } from '../model/plan.ts';

/** The settled configuration: every key has a value of its final type, every path is absolute. */
export interface Config {
  readonly aws: {
    /** the SSH user, or null: the user of the instance, of `ssh.config_file`, or the default decides */
    readonly username: string | null;
    /** or null: the agent, then ~/.ssh/id_ed25519, id_ecdsa and id_rsa are tried */
    readonly privateSshKeyPath: string | null;
    readonly publicSshKeyPath: string | null;
    /** at least one, each once */
    readonly regions: readonly string[];
  };
  readonly stateDir: string;
  readonly filesDir: string;
  /** some source named the folder: then it must exist; otherwise a missing one means "no files" */
  readonly filesDirGiven: boolean;
  /** `retries`: further tries to connect and upload, as long as the script cannot have been started */
  readonly limits: Limits & { readonly scriptMaxBytes: number; readonly retries: number };
  /** versions of a named payload that are kept */
  readonly payloads: { readonly keep: number };
  /** finished runs that are kept */
  readonly runs: { readonly keep: number };
  /** outputs of finished runs that are kept */
  readonly logs: { readonly keepBytes: number };
  readonly ssh: {
    readonly hostKeys: 'accept-new' | 'strict';
    readonly configFile: string;
    /** some source named the file: then it must exist */
    readonly configFileGiven: boolean;
    readonly knownHostsFile: string;
    readonly transfer: TransferMode;
    readonly keepaliveIntervalMs: number;
  };
}

/** Key path (`limits.concurrency`) to the text given for it. */
export type ConfigOverrides = ReadonlyMap<string, string>;

/** Everything the configuration is read from; nothing else is looked at. */
export interface ConfigSources {
  readonly flags: ConfigOverrides;
  /** key path to the flag as it was typed (`--concurrency`), for messages */
  readonly flagNames: ReadonlyMap<string, string>;
  /** the file of `--config`, or null: `config.yaml` in `cwd`, if there is one */
  readonly configFile: string | null;
  /** `SPOT_*` and `XDG_CONFIG_HOME` are read */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** absolute; relative paths are meant from here, also those in a config file */
  readonly cwd: string;
  /** absolute; what `~` stands for */
  readonly home: string;
}
