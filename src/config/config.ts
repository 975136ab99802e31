import type { Interruption, Limits, StragglerAction, StragglerLimit, TransferMode } from '../model/plan.ts';

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
    /** some source says that there is anything in AWS: a region, a profile, an endpoint, or tags */
    readonly isUsed: boolean;
    readonly profile: string | null;
    /** what answers instead of AWS, or null: that of the environment or the profile, else AWS */
    readonly endpoint: string | null;
    /** instances without them are not looked at, and new ones get them */
    readonly tags: Readonly<Record<string, string>>;
    /** before a run instances are looked up anew if the last time is longer ago */
    readonly syncMaxAgeMs: number;
    /** for `create`, the preferred one first */
    readonly instanceTypes: readonly string[];
    /** or null: the latest of `image` */
    readonly ami: string | null;
    readonly image: 'ubuntu' | 'amazon-linux';
    /** id or name, or null: one is made */
    readonly securityGroup: string | null;
    /** or null: one of the default VPC's */
    readonly subnet: string | null;
    /** the network that may reach port 22 of new instances, or `auto`: the address of this machine as others see it */
    readonly sshFrom: string;
    /** answers with the address that a request comes from */
    readonly addressService: string;
  };
  readonly stateDir: string;
  readonly filesDir: string;
  /** some source named the folder: then it must exist; otherwise a missing one means "no files" */
  readonly filesDirGiven: boolean;
  /** a person is asked before more instances than this are run on */
  readonly confirmAbove: number;
  /** `retries`: further tries to connect and upload, as long as the script cannot have been started */
  readonly limits: Limits & {
    readonly scriptMaxBytes: number;
    readonly retries: number;
    readonly readyTimeoutMs: number;
  };
  /** URL of the PostgreSQL database that holds the state, or null: it is in `stateDir` */
  readonly database: string | null;
  readonly service: {
    /** `HOST:PORT`, or the absolute path of a Unix socket */
    readonly listen: string;
    /** folders below which scripts may be named by their path; none: no path is taken */
    readonly payloadRoots: readonly string[];
    /** of a script that is named by its path */
    readonly payloadMaxBytes: number;
    /** of an archive that is uploaded */
    readonly uploadMaxBytes: number;
    /** deployments that one worker is at, at once */
    readonly concurrency: number;
    /** how long the work of a worker that is not heard of is left to it */
    readonly leaseMs: number;
    /** requests a second that one client may make */
    readonly rateLimit: number;
    readonly requestTimeoutMs: number;
    readonly tlsCertificate: string | null;
    readonly tlsKey: string | null;
    /** holds the token that this client shows, or one that the service accepts */
    readonly tokenFile: string | null;
    readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  };
  /** versions of a named payload that are kept */
  readonly payloads: { readonly keep: number };
  /** finished runs that are kept */
  readonly runs: { readonly keep: number };
  /** outputs of finished runs that are kept */
  readonly logs: { readonly keepBytes: number };
  readonly interruption: Interruption;
  readonly stragglers: {
    /** null: nobody is called one */
    readonly after: StragglerLimit | null;
    readonly action: StragglerAction;
  };
  readonly ssh: {
    readonly hostKeys: 'accept-new' | 'strict' | 'console';
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
