/** What `--interpreter` takes, and the program it means, which is looked for on the instance. */
export const INTERPRETERS = { bash: 'bash', python: 'python3', node: 'node' } as const;

/** One entry of a payload's files. */
export type PayloadFile =
  | {
      readonly type: 'file';
      /** relative to the files folder, `/` between parts */
      readonly path: string;
      readonly sizeBytes: number;
      /** permission bits, 0 to 0o777 */
      readonly mode: number;
      /** hex */
      readonly sha256: string;
    }
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'link'; readonly path: string; readonly target: string };

/** What `manifest.yaml` in the archive says. No time stamp, no run id: equal content has one digest. */
export interface Manifest {
  readonly version: 'v1';
  /** argv of the interpreter, from `--interpreter` or the script's first line: `['python3']`, `['/usr/bin/env', 'node']` */
  readonly interpreter: readonly string[];
  /** the script's name inside the archive, e.g. `script.sh` */
  readonly entrypoint: string;
  /**
   * `NAME=value` where the value belongs to the payload (`spot payload add --env`); `NAME` where it is given at run time:
   * such a value is a secret and does not travel in the archive
   */
  readonly environment: readonly string[];
  readonly files: readonly PayloadFile[];
  readonly metadata: { readonly name: string };
}

/** A packed archive on disk, ready to be sent any number of times. */
export interface Payload {
  /** SHA-256 of the archive, hex */
  readonly digest: string;
  /** the archive, absolute */
  readonly path: string;
  /** of the archive */
  readonly sizeBytes: number;
  /** of the unpacked content */
  readonly contentBytes: number;
  /** files and links, without folders and the script */
  readonly fileCount: number;
  readonly manifest: Manifest;
}
