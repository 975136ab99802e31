import type { Fate } from '../model/fate.ts';
import type { Lifecycle } from '../model/instance.ts';

/**
 * A source that has, makes and ends instances: EC2. All of it throws `SpotError`: `aws-*` codes, exit 78 where the
 * configuration or the rights are wrong, 69 where AWS does not answer or has not what is asked for.
 */
export interface Cloud {
  /** Every instance of a region that has all of the tags, in any state. @param instanceIds only these; empty: all */
  describe(region: string, tags: Tags, instanceIds: readonly string[]): Promise<CloudInstance[]>;
  /** What became of these; one the region does not know any more is `terminated`. */
  fates(region: string, instanceIds: readonly string[]): Promise<Fate[]>;
  /** Asks for instances; a repeated order with the same token answers the same. */
  launch(order: LaunchOrder): Promise<Launched>;
  /** Those that are gone already count as terminated. */
  terminate(region: string, instanceIds: readonly string[]): Promise<void>;
  /** Zones of a region that take new instances, e.g. `us-east-1a`. */
  zones(region: string): Promise<string[]>;
  /** The image that is named, or the latest of a system for the processors of the instance types. */
  image(region: string, wanted: WantedImage): Promise<Image>;
  /** Makes a public key known under a name that follows from it, once. @param publicKey a line of an OpenSSH `.pub` file @returns its name */
  ensureKey(region: string, publicKey: string): Promise<string>;
  /** The id of the named group, or of one of our own that opens port 22 to one network alone; made if it is not there. */
  ensureSecurityGroup(region: string, wanted: WantedGroup): Promise<string>;
  /** What spot instances of a type cost now, by zone, US dollars an hour. */
  spotPrices(region: string, instanceTypes: readonly string[]): Promise<SpotPrice[]>;
  /** What its console shows so far, or null where there is nothing yet. */
  consoleOutput(region: string, instanceId: string): Promise<string | null>;
  /**
   * Finds out with one small question whether instances can be looked up in a region.
   * @returns how far the clock of AWS is ahead of ours, ms; 0 below five minutes, which it does not mind
   */
  probe(region: string): Promise<{ readonly clockAheadMs: number }>;
  /** Ends what is under way: it throws `aws-closed`. */
  close(): void;
}

export type Tags = Readonly<Record<string, string>>;

/** An instance as EC2 describes it. Times are ISO 8601, UTC. */
export interface CloudInstance extends Fate {
  readonly region: string;
  readonly availabilityZone: string | null;
  readonly instanceType: string | null;
  readonly publicIp: string | null;
  readonly privateIp: string | null;
  readonly lifecycle: Lifecycle;
  readonly launchedAt: string | null;
  /** those that begin with `aws:` included */
  readonly tags: Tags;
  /** of the image, e.g. `ami-…` */
  readonly imageId: string | null;
}

/** One call for instances in one place. */
export interface LaunchOrder {
  readonly region: string;
  /** null: EC2 chooses */
  readonly availabilityZone: string | null;
  /** the preferred one first; several are asked for at once */
  readonly instanceTypes: readonly string[];
  readonly count: number;
  readonly lifecycle: Lifecycle;
  /** US dollars an hour; null: the on-demand price */
  readonly maxPrice: string | null;
  readonly imageId: string;
  readonly keyName: string | null;
  readonly securityGroupId: string;
  readonly subnetId: string | null;
  readonly userData: Buffer | null;
  readonly tags: Tags;
  /** at most 64 characters, ASCII */
  readonly clientToken: string;
}

/** What an order came to: fewer instances than wanted, or none, where there is no room. */
export interface Launched {
  readonly instanceIds: readonly string[];
  /** why it is not all of them, one sentence each; empty where it is */
  readonly shortages: readonly string[];
  /** what was made on the way and could not be removed, one sentence each; mostly empty */
  readonly leftovers: readonly string[];
}

export interface WantedImage {
  /** or null: the latest of `system` */
  readonly imageId: string | null;
  readonly system: 'ubuntu' | 'amazon-linux';
  /** those it shall run on, at least one; they have an architecture in common */
  readonly instanceTypes: readonly string[];
}

export interface Image {
  readonly imageId: string;
  readonly name: string | null;
  /** whom its instances let in, or null where nobody can tell */
  readonly user: string | null;
}

export interface WantedGroup {
  /** id or name, or null: one of our own */
  readonly group: string | null;
  /** in whose VPC, or null: the default one */
  readonly subnetId: string | null;
  /** the network that may reach port 22, e.g. `203.0.113.7/32`; only for a group of our own */
  readonly sshFrom: string;
}

export interface SpotPrice {
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly hourlyPrice: number;
}
