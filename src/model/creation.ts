import type { Lifecycle } from './instance.ts';

/** What is asked for, wherever it will be found. Two requests of equal content are the same request. */
export interface CreationRequest {
  /** the word by which a repeated call is known, or null: only an unfinished creation is gone on with */
  readonly clientToken: string | null;
  readonly count: number;
  readonly lifecycle: Lifecycle;
  /** the preferred one first */
  readonly instanceTypes: readonly string[];
  /** in the order in which they are tried */
  readonly regions: readonly string[];
  /** US dollars an hour, as it was written; null: the on-demand price */
  readonly maxPrice: string | null;
  /** or null: the latest of `system` */
  readonly imageId: string | null;
  readonly system: 'ubuntu' | 'amazon-linux';
  /** whom to log in as, or null: whom the image lets in */
  readonly sshUser: string | null;
  readonly subnetId: string | null;
  /** id or name, or null: one of our own */
  readonly securityGroup: string | null;
  /** the network that may reach port 22, or `auto`; only for a group of our own */
  readonly sshFrom: string;
  /** a line of an OpenSSH `.pub` file */
  readonly publicKey: string;
  /** SHA-256, hex */
  readonly userDataDigest: string | null;
  /** in the order of their keys, without the one that names the creation */
  readonly tags: Readonly<Record<string, string>>;
}

/** Where instances are asked for. */
export interface LaunchPlace {
  readonly region: string;
  /** null: EC2 chooses */
  readonly availabilityZone: string | null;
  readonly instanceTypes: readonly string[];
}

/** What a call takes that was found out for its region. */
export interface LaunchSettings {
  readonly imageId: string;
  /** whom its instances let in, or null where nobody knows */
  readonly sshUser: string | null;
  readonly keyName: string;
  readonly securityGroupId: string;
}

/** One call for instances; repeated with all of this it creates nothing twice. */
export interface CreationOrder {
  readonly place: LaunchPlace;
  readonly settings: LaunchSettings;
  readonly count: number;
  readonly clientToken: string;
  /** null as long as there is no answer */
  readonly instanceIds: readonly string[] | null;
}

/** A creation as it stands in the state file. */
export interface Creation {
  readonly id: string;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  readonly request: CreationRequest;
  /** oldest first */
  readonly orders: readonly CreationOrder[];
}

/** By this tag instances say which creation they belong to. */
export const CREATION_TAG = 'spot:creation';

/** Whether that is written like an AWS region, e.g. `us-east-1`; not whether AWS has it. */
export function isRegion(word: string): boolean {
  return /^[a-z]+(-[a-z]+)+-\d+$/.test(word);
}
