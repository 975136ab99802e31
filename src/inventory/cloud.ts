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
  /** What its console shows so far, or null where there is nothing yet. */
  consoleOutput(region: string, instanceId: string): Promise<string | null>;
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
  /** why it is not all of them, one sentence each, or empty */
  readonly shortages: readonly string[];
}
